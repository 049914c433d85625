"""Attribution maps: they point at what the label is in, and leave the network as it was."""

import copy
import subprocess
import sys
import warnings

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.exceptions import NotFittedError

from pitfalls.vision import ImageClassifier
from pitfalls.vision.attribution import (
    BATCH,
    METHODS,
    attribute,
    map_similarity,
    points_at_object,
    randomise_layers,
    share_on_object,
)

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("captum", reason="captum is not installed")

SQUARE = np.zeros((20, 24), bool)
SQUARE[2:7, 2:7] = True


def pictures(n, rng):
    """Grey noise; the square in the corner is dark or bright, and that is the label."""
    y = np.arange(n) % 2
    X = rng.normal(115, 25, (n, *SQUARE.shape))
    X[:, SQUARE] += np.where(y, 60, -60)[:, None]
    return X.clip(0, 255).astype(np.uint8), y


@pytest.fixture(scope="module")
def world():
    X, y = pictures(400, np.random.default_rng(0))
    return X[:300], y[:300], X[300:], y[300:]


@pytest.fixture(scope="module")
def model(world):
    return ImageClassifier(epochs=6).fit(*world[:2])


@pytest.fixture(scope="module")
def colours(world):
    """Pictures in colour and a model of them, whose labels are words."""
    rng = np.random.default_rng(1)
    shades = np.stack([world[0], 255 - world[0], rng.permutation(world[0])], axis=3)
    return shades, ImageClassifier(epochs=4).fit(shades, np.array(["dark", "light"])[world[1]])


@pytest.mark.parametrize("method", METHODS)
def test_it_points_at_what_the_label_is_in(world, model, method):
    X, y = world[2], world[3]
    assert model.score(X, y) > 0.95
    maps = attribute(model, X[:40], method)
    assert maps.shape == (40, 20, 24) and maps.dtype == np.float32 and (maps >= 0).all()
    share = np.nanmean(share_on_object(maps, SQUARE))
    untrained = attribute(randomise_layers(model, 4), X[:40], method)
    chance = np.nanmean(share_on_object(untrained, SQUARE))
    assert share > 3 and share > 1.5 * chance


@pytest.mark.parametrize("method", METHODS)
def test_maps_are_the_same_to_the_bit_and_alone_or_among_others(world, model, method):
    X = world[2][: BATCH + 3]
    maps = attribute(model, X, method)
    assert np.array_equal(attribute(model, X, method), maps)
    alone = attribute(model, X[[BATCH + 1, 2]], method)
    np.testing.assert_allclose(alone, maps[[BATCH + 1, 2]], rtol=1e-3, atol=1e-5 * maps.max())


@pytest.mark.parametrize("method", METHODS)
def test_colours_and_words_will_do_without_a_warning(colours, method):
    X, model = colours
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        maps = attribute(model, X[:3], method)
    assert maps.shape == (3, 20, 24)
    words = model.predict(X[:3])
    assert np.array_equal(attribute(model, X[:3], method, target=words), maps)


@pytest.mark.parametrize("method", METHODS)
def test_the_target_is_the_predicted_label_unless_said(world, model, method):
    X = world[2][:6]
    maps, predicted = attribute(model, X, method), model.predict(X)
    assert set(predicted) == {0, 1}
    zero, one = (attribute(model, X, method, target=label) for label in (0, 1))
    each = attribute(model, X, method, target=predicted)
    assert np.array_equal(each, maps) and not np.array_equal(zero, one)
    chosen = np.where(predicted[:, None, None] == 1, one, zero)
    np.testing.assert_allclose(chosen, maps, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_network_and_global_state_stay_as_they_were(world, model, method):
    network = model.network_
    before, slopes = copy.deepcopy((network.state_dict(), [p.grad for p in network.parameters()]))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        state = torch.random.get_rng_state()
        attribute(model, world[2][:3], method)
        assert torch.equal(torch.random.get_rng_state(), state)
    assert not network.training
    assert all(torch.equal(now, before[name]) for name, now in network.state_dict().items())
    assert all(p.requires_grad for p in network.parameters())
    assert all(map(torch.equal, (p.grad for p in network.parameters()), slopes))
    assert not any(m._forward_hooks or m._backward_hooks for m in network.modules())


def test_it_computes_on_one_thread_and_gives_the_others_back(world, model):
    used, threads = [], torch.get_num_threads()
    hook = model.network_.register_forward_hook(lambda *_: used.append(torch.get_num_threads()))
    try:
        torch.set_num_threads(2)
        attribute(model, world[2][:2], "gradient", target=0)
        assert set(used) == {1} and torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
        hook.remove()


def test_gradients_are_those_of_the_logit(colours):
    X, model = colours
    inputs = model.prepare(X[:4]).requires_grad_()
    (slope,) = torch.autograd.grad(model.network_(inputs)[:, 1].sum(), inputs)
    expected = slope.abs().sum(1).numpy()
    maps = attribute(model, X[:4], "gradient", target="light")
    np.testing.assert_allclose(maps, expected, rtol=1e-4, atol=1e-6)
    still = attribute(model, X[:4], "smoothgrad", target="light", noise=0)
    np.testing.assert_allclose(still, expected, rtol=1e-3, atol=1e-5)


def test_smoothgrad_averages_the_gradients_of_noisy_copies(world, model):
    X = world[2][:1]
    expected = attribute(model, X, "smoothgrad", n_samples=200, target=1)
    rng = np.random.default_rng(0)
    copies = model.prepare(np.repeat(X, 200, axis=0))
    copies += torch.tensor(rng.normal(0, 0.1 * 255 / 64, copies.shape), dtype=torch.float32)
    copies.requires_grad_()
    (slope,) = torch.autograd.grad(model.network_(copies)[:, 1].sum(), copies)
    mean = slope.mean(0).abs().sum(0).numpy()
    assert np.corrcoef(mean.ravel(), expected.ravel())[0, 1] > 0.9
    assert mean.sum() == pytest.approx(expected.sum(), rel=0.1)


def test_the_seed_is_that_of_the_noise(world, model):
    X = world[2][:2]
    seeds = (0, 1, np.random.default_rng(0), np.random.default_rng(0))
    zero, one, two, again = (attribute(model, X, "smoothgrad", random_state=s) for s in seeds)
    assert not np.array_equal(zero, one)
    assert np.array_equal(two, again)


def test_gradcam_weights_the_last_maps_by_their_mean_gradients(world, model):
    with torch.no_grad():
        layer = model.network_.body(model.prepare(world[2][:4]))
    layer.requires_grad_()
    logit = model.network_.head(torch.cat([layer.mean((2, 3)), layer.amax((2, 3))], 1))[:, 1]
    (slope,) = torch.autograd.grad(logit.sum(), layer)
    coarse = (slope.mean((2, 3), keepdim=True) * layer).sum(1, keepdim=True).relu()
    expected = torch.nn.functional.interpolate(coarse, (20, 24), mode="bilinear")[:, 0]
    maps = attribute(model, world[2][:4], "gradcam", target=1)
    np.testing.assert_allclose(maps, expected.detach().numpy(), rtol=1e-4, atol=1e-6)


def test_occlusion_is_the_fall_of_the_logit_when_a_window_is_grey(world, model):
    X = np.ascontiguousarray(world[2][:6, :, :20])
    hidden = X.copy()
    hidden[:, :10, 10:] = 115
    with torch.no_grad():
        falls = (model.network_(model.prepare(X)) - model.network_(model.prepare(hidden)))[:, 1]
    assert (falls > 0).any() and (falls < 0).any()
    maps = attribute(model, X, "occlusion", target=1, window=10, stride=10)
    expected = falls.clamp(min=0).numpy()[:, None, None] * np.ones((10, 10))
    np.testing.assert_allclose(maps[:, :10, 10:], expected, rtol=1e-3, atol=1e-5)


def test_a_share_is_relative_to_the_objects_size():
    maps, mask = np.zeros((4, 4, 4)), np.zeros((4, 4, 4), bool)
    mask[:3, :2, :2] = True
    maps[0] = 1
    maps[1, 0, 0], maps[1, 3, 3] = 3, 1
    maps[3] = 1
    share = share_on_object(maps, mask)
    np.testing.assert_allclose(share, [1, 3, np.nan, np.nan])
    np.testing.assert_allclose(share_on_object(maps[:2], mask[0]), share[:2])


@pytest.mark.parametrize(
    ("maps", "mask", "message"),
    [
        (np.ones((2, 4, 4)), np.ones((3, 4, 4)), r"mask has shape \(3, 4, 4\)"),
        (np.ones((4, 4)), np.ones((4, 4)), r"maps must be \(n, height, width\)"),
        (-np.ones((2, 4, 4)), np.ones((4, 4)), "maps holds -1"),
    ],
)
def test_a_share_of_what_does_not_fit_is_an_error(maps, mask, message):
    with pytest.raises(ValueError, match=message):
        share_on_object(maps, mask)


def test_the_brightest_pixel_hits_or_misses():
    maps, mask = np.zeros((6, 4, 4)), np.zeros((6, 4, 4), bool)
    mask[:5, :2, :2] = True
    maps[0, 0, 0], maps[0, 3, 3] = 2, 1
    maps[1, 0, 0], maps[1, 3, 3] = 1, 2
    maps[2, [0, 1, 3], [0, 1, 3]] = 3
    maps[3] = 1
    maps[5, 0, 0] = 1
    np.testing.assert_allclose(points_at_object(maps, mask), [1, 0, 2 / 3, np.nan, np.nan, np.nan])
    np.testing.assert_allclose(points_at_object(maps[:3], mask[0]), [1, 0, 2 / 3])
    noise = np.random.default_rng(0).random((4_000, 8, 8))
    corner = np.zeros((8, 8), bool)
    corner[:4, :4] = True
    assert points_at_object(noise, corner).mean() == pytest.approx(0.25, abs=0.03)
    with pytest.raises(ValueError, match=r"mask has shape \(3, 4, 4\)"):
        points_at_object(np.ones((2, 4, 4)), np.ones((3, 4, 4)))


def test_similarity_is_the_rank_correlation_over_pixels():
    rng = np.random.default_rng(0)
    maps, others = rng.random((3, 6, 5)), rng.random((3, 6, 5))
    others[0] = np.exp(maps[0])
    others[1] = -maps[1]
    alike = map_similarity(maps, others)
    expected = spearmanr(maps[2].ravel(), others[2].ravel()).statistic
    np.testing.assert_allclose(alike, [1, -1, expected])
    assert np.isnan(map_similarity(maps[:1], np.ones((1, 6, 5)))).all()
    with pytest.raises(ValueError, match="maps has shape"):
        map_similarity(maps, others[:2])


def test_the_last_layers_are_drawn_anew_and_the_others_stay(world, model):
    before = copy.deepcopy(model.network_.state_dict())
    names = ["body.0.weight", "body.3.weight", "body.7.weight", "head.weight"]
    for k in range(5):
        state = randomise_layers(model, k).network_.state_dict()
        changed = [not torch.equal(state[name], before[name]) for name in names]
        assert changed == [place >= 4 - k for place in range(4)]
        if k < 4:
            assert torch.equal(state["body.1.running_mean"], before["body.1.running_mean"])
    assert all(torch.equal(now, before[n]) for n, now in model.network_.state_dict().items())
    same = randomise_layers(model, 0)
    assert np.array_equal(same.decision_function(world[2]), model.decision_function(world[2]))


def test_a_network_that_forgot_is_the_same_for_the_same_seed(world, model):
    X = world[2]
    torch.manual_seed(7)
    state = torch.random.get_rng_state()
    one, two, other = (
        randomise_layers(model, 2, random_state=seed).decision_function(X) for seed in (0, 0, 1)
    )
    assert np.array_equal(one, two) and not np.array_equal(one, other)
    assert torch.equal(torch.random.get_rng_state(), state)
    third = randomise_layers(randomise_layers(model, 1, random_state=0), 2, random_state=0)
    assert np.array_equal(third.decision_function(X), one), "it depends on what was there before"


@pytest.mark.parametrize(
    ("n_layers", "error", "message"),
    [
        (5, ValueError, "n_layers=5 must be a whole number from 0 to 4"),
        (-1, ValueError, "n_layers=-1"),
        (1.5, TypeError, "n_layers=1.5"),
    ],
)
def test_layers_that_are_not_there_are_an_error(model, n_layers, error, message):
    with pytest.raises(error, match=message):
        randomise_layers(model, n_layers)
    with pytest.raises(NotFittedError):
        randomise_layers(ImageClassifier(), 1)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"method": "lime"}, ValueError, f"method='lime' must be one of {', '.join(METHODS)}"),
        ({"X": np.zeros((0, 20, 24), np.uint8)}, ValueError, r"X has shape \(0, 20, 24\)"),
        ({"X": np.zeros((2, 20, 24))}, ValueError, "uint8"),
        ({"target": 2}, ValueError, "target holds 2; the labels are 0, 1"),
        ({"target": "1"}, ValueError, "target holds '1'"),
        ({"target": [0, 1, 0]}, ValueError, r"target has shape \(3,\)"),
        ({"method": "smoothgrad", "noise": 2}, ValueError, "noise=2"),
        ({"method": "smoothgrad", "n_samples": 0}, ValueError, "n_samples=0"),
        ({"method": "occlusion", "window": 21}, ValueError, "window=21 is larger .* 20 by 24"),
        ({"method": "occlusion", "window": 3, "stride": 4}, ValueError, "stride=4 .* window=3"),
        ({"method": "occlusion", "stride": 1.5}, TypeError, "stride=1.5"),
        ({"model": ImageClassifier()}, NotFittedError, "not fitted"),
    ],
)
def test_errors_say_what_would_be_right(world, model, options, error, message):
    with pytest.raises(error, match=message):
        attribute(**{"model": model, "X": world[2][:2], **options})


def test_without_captum_a_call_says_how_to_install_it(world, model, monkeypatch):
    from pitfalls.vision._torch import load_captum

    monkeypatch.setitem(sys.modules, "captum.attr", None)
    load_captum.cache_clear()
    with pytest.raises(ImportError, match=r"captum .*pip install 'pitfalls\[vision\]'"):
        attribute(model, world[2][:2])


def test_importing_it_loads_neither_pytorch_nor_captum():
    code = "import sys, pitfalls.vision.attribution; print({'torch', 'captum'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr
