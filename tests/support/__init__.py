"""What tests share: made records, drawn legs, stand-ins, steps in a browser."""
