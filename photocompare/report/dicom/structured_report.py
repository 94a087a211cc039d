"""The numbers of a comparison as a DICOM structured report: Imaging Measurement Report, TID 1500 of PS3.16."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import highdicom
from highdicom import sr
from highdicom.coding_schemes import CodingSchemeIdentificationItem
from highdicom.sr.enum import RelationshipTypeValues
from highdicom.sr.value_types import ContainerContentItem, ImageContentItem, TextContentItem
from pydicom.dataset import Dataset

from photocompare import __version__
from photocompare.base.flags import REGISTRY
from photocompare.photo.dicom import DicomSource
from photocompare.report.dicom import codes
from photocompare.report.dicom.numbers import Figure, figures_of
from photocompare.results.result import Reason, Result

LONGEST_COMMENT = 1024

DIGITS = 6
"""Behind the point, of an interval's reach: more than any figure has."""

STATUS_MEANINGS = {
    "comparable": "Comparable: the number stands within its interval",
    "indicative": "Indicative: a number with reservations",
    "not_comparable": "Not comparable: no honest number can be given",
}


MAKER = "photocompare"

DEVICE_UID = "2.25.112206339155028479034275102936415728303"
"""Of the program as the observer of what it measures: the same for every installation (PS3.5, B.2)."""

SERIES_NUMBER = 9100
"""Assumed: above what cameras and archives count up to."""


@dataclass(frozen=True)
class Setting:
    """What the report says beside the numbers.

    Parameters
    ----------
    laterality, body_part : str or None
        Of the leg, as `PhotoFacts` has them, where the photos agree.
    words : tuple of str
        Sentences for people.
    """

    laterality: str | None = None
    body_part: str | None = None
    words: tuple[str, ...] = ()
    maker: str = MAKER
    version: str = __version__
    device_uid: str = DEVICE_UID
    series_number: int = SERIES_NUMBER


def structured_report(result: Result, summary: Dataset, linked: Sequence[DicomSource], setting: Setting) -> sr.ComprehensiveSR:
    """The report, of nobody: whose it is is written into it afterwards (`filing.file_under`).

    Parameters
    ----------
    result : Result
    summary : Dataset
        The summary picture, which the report shows; the report joins its study.
    linked : sequence of DicomSource
        The photos that it refers to.
    setting : Setting
    """
    group = sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(uid=highdicom.UID(), identifier="Visible veins of the leg"),
        finding_type=codes.own("visible_veins", "Visible veins of the leg"),
        finding_sites=_sites(setting),
        algorithm_id=sr.AlgorithmIdentification(
            name="photocompare", version=setting.version, parameters=[f"{result.provenance.config} {result.method}"]
        ),
        measurements=[_measurement(figure) for figure in figures_of(result)],
        qualitative_evaluations=_evaluations(result),
        source_images=[sr.SourceImageForMeasurementGroup(source.sop_class, source.instance) for source in linked] or None,
    )
    container = group[0]
    if not isinstance(container, ContainerContentItem):
        raise TypeError("a measurement group is a container")
    shown = ImageContentItem(
        codes.own("summary_picture", "Summary picture"), summary.SOPClassUID, summary.SOPInstanceUID, relationship_type=_CONTAINS
    )
    container.ContentSequence.append(shown)
    for words in setting.words:
        container.ContentSequence.append(TextContentItem(codes.COMMENT, words[:LONGEST_COMMENT], relationship_type=_CONTAINS))
    report = sr.MeasurementReport(_observer(setting), codes.PHOTOGRAPHY, [group], referenced_images=None)
    return sr.ComprehensiveSR(
        evidence=[summary, *(_evidence(source) for source in linked)],
        content=report,
        series_instance_uid=highdicom.UID(),
        series_number=setting.series_number + 1,
        sop_instance_uid=highdicom.UID(),
        instance_number=1,
        manufacturer=setting.maker,
        is_complete=True,
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        series_description="photocompare measurements",
        manufacturer_model_name=setting.maker,
        software_versions=setting.version,
        device_serial_number=setting.version,
        coding_schemes=[CodingSchemeIdentificationItem(codes.SCHEME, name=codes.SCHEME_NAME)],
        specific_character_set="ISO_IR 192",
    )


_CONTAINS = RelationshipTypeValues.CONTAINS


def _observer(setting: Setting) -> sr.ObservationContext:
    device = sr.DeviceObserverIdentifyingAttributes(
        uid=setting.device_uid, name=setting.maker, manufacturer_name=setting.maker, model_name=setting.maker, serial_number=setting.version
    )
    return sr.ObservationContext(
        observer_device_context=sr.ObserverContext(sr.CodedConcept("121007", "DCM", "Device"), observer_identifying_attributes=device)
    )


def _sites(setting: Setting) -> list[sr.FindingSite]:
    side = codes.SIDES.get(setting.laterality or "")
    return [sr.FindingSite(codes.SITES.get(setting.body_part or "", codes.SITES["leg"]), laterality=side)]


def _measurement(figure: Figure) -> sr.Measurement:
    properties = None
    if figure.low is not None and figure.high is not None:
        properties = sr.MeasurementProperties(
            upper_measurement_uncertainty=round(figure.high - figure.value, DIGITS),
            lower_measurement_uncertainty=round(figure.value - figure.low, DIGITS),
        )
        for reach in properties:
            # An interval is of its number's kind, which the library leaves out.
            measured: Any = reach.MeasuredValueSequence[0]
            measured.MeasurementUnitsCodeSequence = [sr.CodedConcept(*figure.unit[:3])]
    return sr.Measurement(figure.name, figure.value, figure.unit, properties=properties)


def _evaluations(result: Result) -> list[sr.QualitativeEvaluation]:
    found = [_evaluation("status", "Status of the comparison", result.status, STATUS_MEANINGS[result.status])]
    found.append(_evaluation("window", "Time window between the photos", result.timing.window, result.timing.window.replace("_", " ")))
    if result.measured:
        verdict = result.benchmark.verdict
        found.append(_evaluation("benchmark", "Against the reference band", verdict, verdict.replace("_", " ")))
    if result.correction is not None:
        found.append(_evaluation("clearance_length_by", "Who set the clearance of vein length", "reader", "A reader, by hand"))
    found.append(_evaluation("scale_source", "Where the scale is from", result.scale.source, result.scale.source))
    return [*found, *(_evaluation("reason", "Reason", reason.code, _short(reason)) for reason in result.reasons)]


def _evaluation(code: str, name: str, value: str, meaning: str) -> sr.QualitativeEvaluation:
    return sr.QualitativeEvaluation(codes.own(code, name), codes.own(value, meaning))


def _short(reason: Reason) -> str:
    """What a reason's code means, in the few words that a code may have; the whole sentence stands among the comments."""
    known = REGISTRY.get(reason.code)
    words = reason.code.replace("_", " ")
    which = reason.flag.which if reason.flag is not None else ""
    return f"{words}, {which} photo" if which else words if known is None else f"{words} ({known.severity.value})"


def _evidence(source: DicomSource) -> Dataset:
    """What a report must know of a photo that it refers to."""
    evidence = Dataset()
    evidence.SOPClassUID, evidence.SOPInstanceUID = source.sop_class, source.instance
    evidence.StudyInstanceUID, evidence.SeriesInstanceUID = source.study, source.series
    return evidence
