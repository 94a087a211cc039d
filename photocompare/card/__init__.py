"""The printed card in a photo: layout, markers, plane, patches; charts of other makers."""
