"""A made-up practice: invented patients, visits and rendered photos, plainly marked, so that every page can be tried."""
