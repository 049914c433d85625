"""The small network: like scikit-learn's classifiers, the same to the bit, on one thread."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone

from pitfalls import vision
from pitfalls.datasets import make_tank_scenes
from pitfalls.vision import ImageClassifier

torch = pytest.importorskip("torch", reason="PyTorch is not installed")


@pytest.fixture(scope="module")
def study():
    return make_tank_scenes(240, n_fresh=200, strength=1, random_state=0)


@pytest.fixture(scope="module")
def model(study):
    return ImageClassifier(epochs=12).fit(study.X, study.y)


def test_it_learns_and_predicts_like_a_classifier(study, model):
    assert model.score(study.fresh.X, study.fresh.y) > 0.9
    probability = model.predict_proba(study.fresh.X)
    assert probability.shape == (200, 2)
    np.testing.assert_allclose(probability.sum(axis=1), 1)
    logits = model.decision_function(study.fresh.X)
    assert np.array_equal(logits > 0, model.predict(study.fresh.X) == 1)
    assert model.transform(study.fresh.X).shape == (200, 64)


def test_labels_may_be_words(study):
    words = np.where(study.y == 1, "tank", "lorry")
    model = ImageClassifier(epochs=1).fit(study.X[:80], words[:80])
    assert set(model.predict(study.X[:20])) <= {"tank", "lorry"}
    assert list(model.classes_) == ["lorry", "tank"]


def test_a_seed_gives_one_model_and_leaves_the_global_state_alone(study):
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    threads = torch.get_num_threads()
    one, again = (ImageClassifier(epochs=2).fit(study.X[:100], study.y[:100]) for _ in range(2))
    assert torch.equal(torch.rand(3), expected)
    assert torch.get_num_threads() == threads
    other = ImageClassifier(epochs=2, random_state=1).fit(study.X[:100], study.y[:100])
    logits = [m.decision_function(study.fresh.X) for m in (one, again, other)]
    assert np.array_equal(logits[0], logits[1])
    assert not np.array_equal(logits[0], logits[2])


def test_it_can_be_cloned(model):
    assert clone(model).get_params() == model.get_params()


def test_weights_say_how_often_a_picture_is_drawn(study):
    wrong = study.y.copy()
    wrong[:120] = 1 - wrong[:120]
    weights = np.repeat([0.0, 1.0], 120)
    model = ImageClassifier(epochs=12).fit(study.X, wrong, sample_weight=weights)
    assert model.score(study.fresh.X, study.fresh.y) > 0.9


def test_groups_are_drawn_equally_often_and_pictures_in_them_by_weight(study):
    weights, groups = np.arange(1, 101), np.arange(100) % 3
    totals = np.bincount(groups, weights)
    one = ImageClassifier(epochs=2).fit(study.X[:100], study.y[:100], weights, groups)
    two = ImageClassifier(epochs=2).fit(study.X[:100], study.y[:100], weights / totals[groups])
    logits = [m.decision_function(study.fresh.X) for m in (one, two)]
    assert np.array_equal(*logits)


def test_group_dro_moves_weight_to_the_group_with_the_larger_loss():
    loss = vision._GroupLoss(torch.tensor([0, 0, 1, 1]), step=1.0)
    logits = torch.tensor([[3.0, 0], [3, 0], [3, 0], [3, 0]], requires_grad=True)
    value = loss(logits, torch.tensor([0, 0, 1, 1]), torch.arange(4))
    small, large = torch.log1p(torch.exp(torch.tensor([-3.0, 3.0])))
    share = torch.softmax(torch.stack([small, large]), 0)
    torch.testing.assert_close(loss.share, share)
    torch.testing.assert_close(value, share @ torch.stack([small, large]))
    value.backward()
    assert logits.grad[2].abs().sum() > 5 * logits.grad[0].abs().sum()


def test_group_dro_trains_another_network_than_balance_does(study):
    groups = np.arange(100) % 4
    fits = [
        ImageClassifier(epochs=2, dro_step=step).fit(study.X[:100], study.y[:100], groups=groups)
        for step in (0, 0.5)
    ]
    logits = [model.decision_function(study.fresh.X) for model in fits]
    assert not np.array_equal(*logits)


def test_grey_pictures_have_one_channel(study):
    model = ImageClassifier(epochs=1).fit(study.X[:80, :, :, 0], study.y[:80])
    assert model.predict(study.X[:5, :, :, 0]).shape == (5,)


@pytest.mark.parametrize(
    ("X", "y", "options", "message"),
    [
        (np.zeros((4, 8, 8)), [0, 1, 0, 1], {}, "uint8"),
        (np.zeros((4, 8), np.uint8), [0, 1, 0, 1], {}, r"X has shape \(4, 8\)"),
        (np.zeros((4, 8, 8), np.uint8), [0, 1], {}, "y has shape"),
        (np.zeros((4, 8, 8), np.uint8), [1, 1, 1, 1], {}, "one label only"),
        (np.zeros((4, 8, 8), np.uint8), [0, 1, 0, 1], {"sample_weight": [1, 1]}, "sample_weight"),
        (
            np.zeros((4, 8, 8), np.uint8),
            [0, 1, 0, 1],
            {"sample_weight": [-1] * 4},
            "sample_weight",
        ),
        (np.zeros((4, 8, 8), np.uint8), [0, 1, 0, 1], {"groups": [1, 2]}, "groups has shape"),
        (
            np.zeros((4, 8, 8), np.uint8),
            [0, 1, 0, 1],
            {"groups": [7, 7, 8, 8], "sample_weight": [0, 0, 1, 1]},
            r"groups \[7\] have no weight",
        ),
    ],
)
def test_errors_say_what_would_be_right(X, y, options, message):
    with pytest.raises(ValueError, match=message):
        ImageClassifier(epochs=1).fit(X, np.array(y), **options)


WITHOUT_TORCH = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "captum"): raise ImportError(name)
sys.meta_path.insert(0, Missing())
"""


def run_without_torch(code):
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH + code], capture_output=True, text=True
    )


def test_without_pytorch_a_call_says_how_to_install_it():
    done = run_without_torch(
        "import numpy as np\n"
        "from pitfalls.vision import ImageClassifier\n"
        "try: ImageClassifier().fit(np.zeros((4, 8, 8), np.uint8), np.array([0, 1, 0, 1]))\n"
        "except ImportError as error: print(error)\n"
    )
    assert "pip install 'pitfalls[vision]'" in done.stdout, done.stderr


@pytest.mark.parametrize(
    ("chapter", "world"), [("tank_background", "digits"), ("hidden_variable", "hospitals")]
)
def test_without_pytorch_the_chapter_still_has_its_evidence_and_a_world(chapter, world):
    done = run_without_torch(
        "from pitfalls import evidence, lessons\n"
        f"lesson = lessons.load({chapter!r})\n"
        "rows = evidence.read(lesson)\n"
        "for one in lesson.simulated: evidence.verdict(rows, one)\n"
        "for one in lesson.experiments: evidence.read(one)\n"
        f"print(len(evidence.replicate(lesson.world({world!r}), seeds=1)))\n"
    )
    assert int(done.stdout) >= 2, done.stderr


def test_importing_it_does_not_load_pytorch():
    code = "import sys, pitfalls.vision; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr
