"""What each check asks, and where it is taught: what a page or a report says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["ABOUT", "About"]


@dataclass(frozen=True)
class About:
    """What a check asks.

    Attributes
    ----------
    asks : str
        Its question in plain words.
    chapter, title : str
        Number and name of the chapter that it is taught in.
    items : tuple of str
        The items of the REFORMS checklist that it is evidence for.
    call : str
        A call of it, with the import.
    blind : str
        What it cannot see.
    signs : tuple of str
        What people see who should ask it.
    """

    asks: str
    chapter: str
    title: str
    items: tuple[str, ...]
    call: str
    blind: str
    signs: tuple[str, ...]


_00 = ("00", "Before you believe a score")
_02 = ("02", "Choosing features before the split")
_03 = ("03", "Resampling before the split")
_04 = ("04", "Copies on both sides")
_05 = ("05", "The same patients on both sides")
_06 = ("06", "Written down afterwards")
_07 = ("07", "Features that see tomorrow")
_10 = ("10", "Whose labels they are")
_11 = ("11", "Those who were left out")
_17 = ("17", "The map that convinces")
_18 = ("18", "Robust, and wrong")

ABOUT: Mapping[str, About] = MappingProxyType(
    {
        "shared_identifiers": About(
            "Is the same person, device or document on both sides of the split?",
            *_05,
            ("5c", "6b"),
            'shared_identifiers(train["patient"], test["patient"])',
            "two numbers of one person, and whatever has no number. Groups that are on both "
            "sides on purpose look the same.",
            (
                "the score falls on new people, devices or sites",
                "one person, device or recording gave several rows",
            ),
        ),
        "shared_rows": About(
            "Are test rows copies, exact or near, of training rows?",
            *_04,
            ("2a", "6b"),
            "shared_rows(train, test)",
            "copies that were changed until they are as far away as strangers, such as rows with "
            "other entries in several columns, and pictures that were enlarged or moved by more "
            "than a pixel; knots of more than nine alike rows, unless order= is given; sense and "
            "paraphrase.",
            (
                "the data were merged from several sources, or scraped",
                "rows are windows of a series, or lags of it, and were split at random",
                "a model that remembers single rows does best",
            ),
        ),
        "shared_texts": About(
            "Are test texts, or long pieces of them, in the training texts?",
            *_04,
            ("2a", "6b"),
            'shared_texts(train["text"], test["text"])',
            "paraphrase and translation, texts of fewer than eight words, and what a pretrained "
            "model has read before.",
            (
                "the benchmark is older than the model's training texts",
                "texts were posted again, quoted or shortened",
            ),
        ),
        "trained_after_test": About(
            "Does any training row come from a time after a test row?",
            *_07,
            ("5c", "6b"),
            'trained_after_test(train["date"], test["date"], gap="7D")',
            "features that look ahead, and values that were revised later. Where the claim is "
            "not about the future, it is no fault.",
            (
                "the backtest is splendid and the first month is not",
                "rows in time were shuffled before the split",
            ),
        ),
        "resampled_before_split": About(
            "Were rows copied or made up (oversampling, SMOTE) before the split?",
            *_03,
            ("4c", "6a"),
            "resampled_before_split(train, test, y_train=y_train, y_test=y_test)",
            "copies with noise (ROSE, augmentation), encoded categories, and a resampled share "
            "below one in two hundred.",
            (
                "SMOTE or oversampling made the score jump",
                "recall of the rare class is .99 in validation and poor in use",
            ),
        ),
        "features_that_look_ahead": About(
            "Does a feature change when the future is taken away?",
            *_07,
            ("6c",),
            'features_that_look_ahead(make_features, series, time="date", late="price")',
            "folds that are shuffled, outcomes that overlap, values that were revised later, and"
            " what was fitted outside the function.",
            (
                "no losing month in years of backtest",
                "a rolling mean is centred, a gap is filled backwards, a shift() is missing",
            ),
        ),
        "scores_on_shuffled_labels": About(
            "Does the whole procedure score on labels that mean nothing?",
            *_02,
            ("6a",),
            'scores_on_shuffled_labels(evaluate, X, y, metric="roc_auc")',
            "what does not pass through the outcomes: copies of rows, late columns, wrong labels; "
            "and what makes more of a signal and nothing of noise, such as columns chosen by the "
            "test rows for a model that is fitted to others.",
            (
                "many more columns than rows",
                "features, settings or epochs were chosen by the score that is reported",
            ),
        ),
        "sealed_envelope": About(
            "Does the model get what was claimed on rows that the procedure never saw?",
            *_02,
            ("5d", "6a", "7b"),
            'sealed_envelope(evaluate, X, y, metric="roc_auc", groups=patient)',
            "what was done before the procedure is handed its rows, what the envelope shares "
            "with the others, and other places and times.",
            (
                "the score falls on rows that nobody has touched",
                "so much was tried that nobody knows what the test set has seen",
            ),
        ),
        "beats_baselines": About(
            "Is the score better than a constant, a guess, or yesterday's value?",
            *_00,
            ("5f",),
            'beats_baselines(y_test, model.predict(X_test), "r2", time=date)',
            "whether a better baseline exists, such as last year's model or a single column.",
            (
                "accuracy is .99, and so is the share of the common class",
                "the forecast looks like the curve, one step late",
            ),
        ),
        "noise_floor": About(
            "How far does the score move with the seed and the split alone?",
            *_00,
            ("7b",),
            "noise_floor(evaluate, X, y, improvement=0.01)",
            "what other rows would change: all seeds share the same ones.",
            ("the improvement is gone with another seed", "two runs of the same code differ"),
        ),
        "answers_alike": About(
            "Do training and serving prepare the same row alike?",
            *_06,
            ("2e", "4c"),
            "answers_alike(prepare_for_training, prepare_for_serving, rows)",
            "what differs outside the two functions, such as the source of the rows or a "
            "library's version.",
            ("fine in the notebook, wrong after the export", "in use all answers are alike"),
        ),
        "too_good_alone": About(
            "Does a single column know the outcome too well?",
            *_06,
            ("6c",),
            'too_good_alone(X, y, available_at={"discharge": 48, "age": 0})',
            "a leak of middling strength without times, and columns whose values are all "
            "different.",
            (
                "the score is too good, and one column does it",
                "the table was exported after the outcome was known",
            ),
        ),
        "shared_groups": About(
            "Does the procedure profit from having met the group before?",
            *_05,
            ("5c", "6b"),
            "shared_groups(evaluate, X, y, groups=patient)",
            "groups that have two numbers, and one group on both sides among many that are not. "
            "Whether the profit is wrong depends on the claim.",
            (
                "several rows of a patient, and a split by row",
                "the score falls in another hospital, shop or year",
            ),
        ),
        "score_gap_by": About(
            "Is the score lower for annotators, patients or sites that are new?",
            *_10,
            ("3a", "6b"),
            "score_gap_by(evaluate, X, y, who=annotator)",
            "whether labels are right: where everybody makes the same mistake it sees nothing.",
            ("a few annotators gave most labels", "cases of new annotators score lower"),
        ),
        "who_was_excluded": About(
            "Do those who were left out differ from those who stayed?",
            *_11,
            ("3b", "4a"),
            'who_was_excluded(register, {"consented": consented, "complete": complete})',
            "what the register does not record.",
            (
                "only complete cases, clear cases or survivors are in the table",
                "the rows of the study are few of those who came",
            ),
        ),
        "answers_that_change": About(
            "Do answers change with what should not matter?",
            *_17,
            ("8a",),
            "answers_that_change(model.predict, X, altered=other_device, placebo=other_noise)",
            "dependence on anything that was not altered. A changed answer need not be a wrong "
            "one.",
            (
                "the map of attention lies beside the object",
                "one group or device gets other answers",
            ),
        ),
        "falls_under_changes": About(
            "Does the score fall when what should not matter changes?",
            *_18,
            ("8b",),
            'falls_under_changes(model.predict, X, y, {"mirrored": mirrored})',
            "changes that you have not made.",
            ("robust in the lab, wrong in other weather", "another scanner, camera or microphone"),
        ),
    }
)
