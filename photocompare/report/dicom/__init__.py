"""A comparison as files for an archive: the summary picture and the numbers in DICOM."""
