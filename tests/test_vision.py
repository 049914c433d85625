"""The small network: like scikit-learn's classifiers, the same to the bit, on one thread."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone

from pitfalls.datasets import make_tank_scenes
from pitfalls.vision import ImageClassifier, attack, robust_accuracy
from pitfalls.vision._descent import GroupLoss

torch = pytest.importorskip("torch", reason="PyTorch is not installed")


@pytest.fixture(autouse=True)
def trained_anew(monkeypatch):
    """No network is taken from those that the pages have trained."""
    monkeypatch.delenv("PITFALLS_NETWORKS", raising=False)


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


def same(one, other):
    """Whether two networks have the same weights and statistics, to the bit."""
    states = (net.network_.state_dict().values() for net in (one, other))
    pairs = zip(*states, strict=True)
    return all(torch.equal(*pair) for pair in pairs)


def test_a_network_that_was_trained_before_is_kept(study, tmp_path, monkeypatch):
    X, y = study.X[:100], study.y[:100]
    anew = ImageClassifier(epochs=2).fit(X, y)
    monkeypatch.setenv("PITFALLS_NETWORKS", str(tmp_path / "kept"))
    first, again = (ImageClassifier(epochs=2).fit(X, y) for _ in range(2))
    assert len(list((tmp_path / "kept").iterdir())) == 1
    assert same(anew, first) and same(first, again) and not again.network_.training
    assert np.array_equal(first.predict_proba(X), again.predict_proba(X))
    # It goes on from there as the one that was trained.
    more = [m.set_params(warm_start=True, epochs=1).fit(X, y) for m in (first, again)]
    assert same(*more) and len(list((tmp_path / "kept").iterdir())) == 1


def test_another_network_is_not_taken_for_a_kept_one(study, tmp_path, monkeypatch):
    monkeypatch.setenv("PITFALLS_NETWORKS", str(tmp_path))
    X, y, groups = study.X[:60], study.y[:60], np.arange(60) % 3
    others = [
        ({}, (X, y)),
        ({"epochs": 2}, (X, y)),
        ({"weight_decay": 1.0}, (X, y)),
        ({"attack_eps": 1}, (X, y)),
        ({"random_state": 1}, (X, y)),
        ({}, (X, 1 - y)),
        ({}, (np.flip(X, 0), y)),
        ({}, (X, y, np.arange(60.0))),
        ({}, (X, y, None, groups)),
        ({"dro_step": 0.1}, (X, y, None, groups)),
    ]
    for settings, data in others:
        ImageClassifier(**{"epochs": 1, **settings}).fit(*data)
    assert len(list(tmp_path.iterdir())) == len(others)
    generator = np.random.default_rng(0)
    ImageClassifier(epochs=1, random_state=generator).fit(X, y)  # what it gives cannot be named
    assert len(list(tmp_path.iterdir())) == len(others)


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
    loss = GroupLoss(torch.tensor([0, 0, 1, 1]), step=1.0)
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


@pytest.mark.parametrize("size", [(32, 32), (31, 29)])
def test_the_first_layer_is_a_convolution_and_then_means(size):
    torch = pytest.importorskip("torch")
    from pitfalls.vision._modules import Halving

    layer, pictures = Halving(3, 8), torch.rand(4, 3, *size, requires_grad=True)
    slowly = torch.nn.functional.conv2d(pictures, layer.weight, padding=1)
    slowly = torch.nn.functional.avg_pool2d(slowly, 2)
    assert torch.allclose(layer(pictures), slowly, atol=1e-5)
    one, other = (
        torch.autograd.grad(x.square().sum(), pictures) for x in (layer(pictures), slowly)
    )
    assert torch.allclose(one[0], other[0], atol=1e-5)


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


@pytest.fixture(scope="module")
def victim():
    """A network of crossed photographs, with some that it has not seen."""
    crossed = make_tank_scenes(500, n_fresh=2, strength=0, random_state=1)
    model = ImageClassifier().fit(crossed.X[:400], crossed.y[:400])
    return model, crossed.X[400:], crossed.y[400:]


@pytest.mark.parametrize("eps", [1, 3, 16])
def test_an_attack_keeps_to_its_budget_and_gives_pictures(victim, eps):
    model, X, y = victim
    attacked = attack(model, X, y, eps)
    assert attacked.shape == X.shape and attacked.dtype == np.uint8
    assert np.abs(attacked.astype(int) - X).max() <= eps


def test_an_attack_changes_only_what_it_fools(victim):
    model, X, y = victim
    attacked = attack(model, X, y, 2)
    changed = (attacked != X).any(axis=(1, 2, 3))
    assert changed.any()
    assert (model.predict(X)[changed] == y[changed]).all()
    assert (model.predict(attacked)[changed] != y[changed]).all()


def test_a_larger_budget_leaves_less(victim):
    model, X, y = victim
    left = [robust_accuracy(model, X, y, eps) for eps in (0, 2, 16)]
    assert left[0] == model.score(X, y)
    assert left[0] > left[1] + 0.1 > left[1] > left[2] and left[2] < 0.1


def test_an_attack_is_the_same_again_and_leaves_the_global_state_alone(victim):
    model, X, y = victim
    before = torch.random.get_rng_state()
    one, again, other = (attack(model, X, y, 2, random_state=seed) for seed in (0, 0, 1))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert np.array_equal(one, again) and not np.array_equal(one, other)


def test_a_network_is_not_robust_because_it_is_sure(victim):
    model, X, y = victim
    sure = ImageClassifier(epochs=1).fit(X, y)
    sure.network_.load_state_dict(model.network_.state_dict())
    with torch.no_grad():
        sure.network_.head.weight.mul_(1_000)
        sure.network_.head.bias.mul_(1_000)
    assert robust_accuracy(sure, X, y, 4) == pytest.approx(robust_accuracy(model, X, y, 4))


def test_restarts_never_leave_more(victim):
    model, X, y = victim
    assert robust_accuracy(model, X, y, 2, restarts=3) <= robust_accuracy(model, X, y, 2)


def test_grey_pictures_and_words_can_be_attacked(victim):
    _, X, y = victim
    grey, words = X[:, :, :, 0], np.where(y == 1, "tank", "lorry")
    model = ImageClassifier(epochs=3).fit(grey, words)
    attacked = attack(model, grey, words, 8)
    assert attacked.shape == grey.shape
    assert model.score(attacked, words) < model.score(grey, words)


def test_mirrored_views_are_pictures_too(victim):
    model, X, y = victim
    assert np.array_equal(model.predict(X[:, :, ::-1]), model.predict(X[:, :, ::-1].copy()))


def test_no_pictures_are_attacked_without_fuss(victim):
    model, X, y = victim
    assert attack(model, X[:0], y[:0], 4).shape == (0, *X.shape[1:])
    assert model.predict(X[:0]).shape == (0,)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"eps": 256}, "eps=256"),
        ({"eps": 2, "steps": 0}, "steps=0"),
        ({"eps": 2, "restarts": 0}, "restarts=0"),
        ({"eps": 2, "y": [2, 0]}, "y holds 2"),
        ({"eps": 2, "y": [0]}, "y has shape"),
        ({"eps": 2, "X": np.zeros((2, 8, 8))}, "uint8"),
    ],
)
def test_attacks_say_what_would_be_right(victim, options, message):
    model, X, _ = victim
    with pytest.raises(ValueError, match=message):
        attack(model, **{"X": X[:2], "y": [0, 1]} | options)


def test_adversarial_training_withstands_more(study):
    X, y = study.X, study.y
    for eps, settings in ((16, {}), (16, {"attack_steps": 1})):
        plain = ImageClassifier(epochs=6).fit(X, y)
        hard = ImageClassifier(epochs=6, attack_eps=eps, **settings).fit(X, y)
        left = [robust_accuracy(m, study.fresh.X, study.fresh.y, eps) for m in (plain, hard)]
        assert left[1] > left[0]


def test_adversarial_training_is_the_same_again(study):
    fits = [ImageClassifier(epochs=2, attack_eps=2).fit(study.X, study.y) for _ in range(2)]
    assert np.array_equal(*(m.decision_function(study.fresh.X) for m in fits))


def test_a_warm_start_goes_on_where_it_was(study):
    model = ImageClassifier(epochs=12).fit(study.X, study.y)
    before = model.network_
    model.set_params(warm_start=True, epochs=1, learning_rate=1e-6).fit(study.X[:80], study.y[:80])
    assert model.network_ is before and model.score(study.fresh.X, study.fresh.y) > 0.9
    cold = ImageClassifier(epochs=1, learning_rate=1e-6).fit(study.X[:80], study.y[:80])
    assert cold.score(study.fresh.X, study.fresh.y) < 0.9


def test_a_warm_start_needs_the_same_labels_and_channels(study):
    model = ImageClassifier(epochs=1, warm_start=True).fit(study.X[:80], study.y[:80])
    with pytest.raises(ValueError, match="the warm start has learned"):
        model.fit(study.X[:80], study.y[:80] + 1)
    with pytest.raises(ValueError, match="X has 1 channels"):
        model.fit(study.X[:80, :, :, 0], study.y[:80])
    assert list(model.classes_) == [0, 1]


@pytest.mark.parametrize("options", [{"attack_eps": -1}, {"attack_eps": 1, "attack_steps": 0}])
def test_adversarial_training_checks_its_arguments(study, options):
    with pytest.raises(ValueError, match="attack_"):
        ImageClassifier(epochs=1, **options).fit(study.X[:80], study.y[:80])


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
        "from pitfalls import course, evidence\n"
        f"lesson = course.load({chapter!r})\n"
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


def test_a_fitted_network_can_be_sent_to_another_process():
    X = np.random.default_rng(0).integers(0, 255, (12, 8, 8, 3), dtype=np.uint8)
    model = ImageClassifier(width=2, epochs=1).fit(X, np.arange(12) % 2)
    arrived = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(arrived.decision_function(X), model.decision_function(X))
    assert model.n_features_in_ == 8 * 8 * 3


@pytest.mark.parametrize("name", ["width", "epochs", "batch_size"])
def test_a_size_of_nothing_is_named(name):
    X = np.zeros((4, 8, 8), np.uint8)
    with pytest.raises(ValueError, match=f"{name}=0 must be a whole number from 1"):
        ImageClassifier(**{name: 0}).fit(X, [0, 1, 0, 1])


def test_pictures_with_other_channels_are_refused():
    X = np.random.default_rng(0).integers(0, 255, (4, 8, 8), dtype=np.uint8)
    model = ImageClassifier(width=2, epochs=1).fit(X, [0, 1, 0, 1])
    with pytest.raises(ValueError, match="X has 3 channels, but the network has learned 1"):
        model.predict(np.zeros((2, 8, 8, 3), np.uint8))
