"""Both wave functions: symmetries to 1e-12, Laplacian and parameter rows against torch.func to 1e-10."""

import pytest
import torch

from hadronlab.errors import ConfigError
from hadronlab.models.wavefunctions import invariant
from hadronlab.models.wavefunctions.deepquark import DeepQuarkWaveFunction
from hadronlab.models.wavefunctions.equivariant import EquivariantWaveFunction
from hadronlab.models.wavefunctions.invariant import InvariantWaveFunction
from hadronlab.models.wavefunctions.molecules import molecular_channels, molecular_generators, partitions_of
from hadronlab.models.wavefunctions.symmetry import antisymmetriser, generating_channels
from hadronlab.models.wavefunctions.wavefunction import WaveFunction
from hadronlab.sampling.local_energy import local_energy
from hadronlab.systems.length_scales import natural_scales
from hadronlab.systems.leptons import lepton_system
from hadronlab.systems.quarks import quark_system

SYSTEMS = {
    "ps": lambda: lepton_system("ps", "e- e+"),
    "ps2": lambda: lepton_system("ps2", "e- e- e+ e+"),
    "D": lambda: quark_system("D", "c q~", 0, 0.5),
    "nucleon": lambda: quark_system("nucleon", "u u d", 0.5, 0.5),
    "lambda_c": lambda: quark_system("lambda_c", "u d c", 0.5, 0),
    "tcc": lambda: quark_system("tcc", "c c u~ d~", 1, 0),
    "t4c": lambda: quark_system("t4c", "c c c~ c~", 0, 0),
    "pcc_52": lambda: quark_system("pcc_52", "c c u d c~", 2.5, 0),
    "dibaryon": lambda: quark_system("dibaryon", "u d s s c b", 1, 0),  # 45 channels from fewer functions
    "six": lambda: quark_system("six", "c c s b~ b~ s~", 3, 0),  # 15 distances of 12 freedoms
}
MODELS = {
    "invariant": lambda s: InvariantWaveFunction(
        s, widths=(6, 5), features=("linear", "saturating"), kato=False
    ),
    "kato": lambda s: InvariantWaveFunction(s, widths=(6, 5), features=("smooth", "lorentzian"), kato=True),
    "exponential": lambda s: InvariantWaveFunction(s, widths=(6, 5), confining=False),
    "equivariant": lambda s: EquivariantWaveFunction(
        s,
        widths=(6, 5),
        clusters=[[[*range(s.n_particles // 2)], [*range(s.n_particles // 2, s.n_particles)]]],
    ),
    "deepquark": lambda s: DeepQuarkWaveFunction(
        s, widths=(6, 5), boundary=3 * length(s), channel_sum="exact"
    ),
    "sampled": lambda s: DeepQuarkWaveFunction(s, widths=(6, 5), boundary=3 * length(s)),
}


def length(system) -> float:
    return 4.0 if system.energy_unit == "Ha" else 0.8


@pytest.fixture(params=SYSTEMS)
def system(request):
    torch.manual_seed(3)
    return SYSTEMS[request.param]()


def points(system, batch=4):
    generator = torch.Generator().manual_seed(5)
    r = torch.randn(system.n_particles, 3, batch, dtype=torch.float64, generator=generator)
    return r * length(system)


def rank(vectors):
    """Singular values of such images of channels are 0 or above 0.03 of the largest, and rounding makes 1e-15 of a 0."""
    return torch.linalg.matrix_rank(vectors, rtol=1e-8)


def close(a, b, tolerance):
    scale = b.abs().amax(0, keepdim=True)
    assert torch.isfinite(a).all() and scale.min() > 0
    assert ((a - b).abs() / scale).max() < tolerance


@pytest.mark.parametrize("model", ["invariant", "kato", "equivariant", "deepquark"])
def test_antisymmetric(system, model):
    psi = MODELS[model](system)
    r = points(system)
    for element in system.group:
        permuted = psi(r[list(element.perm)])  # ψ(πr)
        matrix = torch.as_tensor(element.matrix, dtype=torch.float64)
        close(matrix @ permuted, element.sign * psi(r), 1e-12)


@pytest.mark.parametrize("model", ["invariant", "kato", "equivariant", "deepquark"])
def test_parity_and_translation(system, model):
    psi = MODELS[model](system)
    r = points(system)
    shift = torch.tensor([0.3, -1.1, 0.7], dtype=torch.float64)[None, :, None]
    close(psi(-r), psi(r), 1e-12)
    close(psi(r + shift), psi(r), 1e-12)


def test_odd_parity_projection():
    import dataclasses

    odd = dataclasses.replace(SYSTEMS["D"](), parity=-1)
    psi = MODELS["deepquark"](odd)
    close(psi(-points(odd)), -psi(points(odd)), 1e-12)


@pytest.mark.parametrize("model", ["invariant", "kato", "equivariant"])
def test_rotation(system, model):
    psi = MODELS[model](system)
    r = points(system)
    rotation = torch.linalg.qr(torch.randn(3, 3, dtype=torch.float64))[0]
    close(psi(torch.einsum("xy,iyb->ixb", rotation, r)), psi(r), 1e-12)


@pytest.mark.parametrize("model", MODELS)
def test_forward_laplacian_equals_torch_func(system, model):
    psi = MODELS[model](system)
    r = points(system)
    channel = torch.arange(r.shape[-1]) % psi.n_channels if psi.samples_channel else None
    value, kinetic = psi.kinetic(r, channel)
    value_reference, kinetic_reference = WaveFunction.kinetic(psi, r, channel)
    close(value, value_reference, 1e-12)
    close(kinetic, kinetic_reference, 1e-10)


@pytest.mark.parametrize("model", MODELS)
def test_parameter_rows_equal_torch_func(system, model):
    psi = MODELS[model](system)
    r = points(system)
    channel = torch.arange(r.shape[-1]) % psi.n_channels if psi.samples_channel else None
    shape = (2, 1 if psi.samples_channel else psi.n_channels, r.shape[-1])
    cotangent = torch.randn(shape, dtype=torch.float64)
    rows = psi.parameter_rows(r, cotangent, channel)
    expected = WaveFunction.parameter_rows(psi, r, cotangent, channel)
    assert (rows - expected).abs().max() < 1e-10 * expected.abs().max()
    gradient = psi.parameter_gradient(r, cotangent[0], channel)
    assert (gradient - expected[:, 0].sum(1)).abs().max() < 1e-10 * expected.abs().max()


@pytest.mark.parametrize("model", MODELS)
def test_log_density_is_that_of_psi_and_survives_single_precision(system, model):
    psi = MODELS[model](system)
    r = points(system)
    channel = torch.arange(r.shape[-1]) % psi.n_channels if psi.samples_channel else None
    expected = WaveFunction.log_density(psi, r, channel)
    torch.testing.assert_close(psi.log_density(r, channel), expected)
    single = psi.log_density(r.float(), channel)
    assert single.dtype == torch.float32
    torch.testing.assert_close(single.double(), expected, rtol=1e-3, atol=1e-2)
    assert torch.isfinite(psi.log_density(6 * r.float(), channel)).all()  # ψ² underflows in float32 out here


def test_kinetic_does_not_depend_on_how_the_copies_are_cut(monkeypatch):
    psi = MODELS["invariant"](SYSTEMS["nucleon"]())
    r = points(psi.system)
    whole = psi.kinetic(r)
    monkeypatch.setattr(invariant, "COPIES", 4)  # of six permutations: four, and two
    for cut, expected in zip(psi.kinetic(r), whole, strict=True):
        close(cut, expected, 1e-13)


def test_kinetic_at_a_flat_configuration():
    """Three particles on a line: the metric of the distances is singular, the kinetic energy is not."""
    system = SYSTEMS["nucleon"]()
    psi = MODELS["invariant"](system)
    r = torch.zeros(3, 3, 1, dtype=torch.float64)
    r[:, 0, 0] = torch.tensor([0.0, 0.5, 1.3])
    near = r.clone()
    near[1, 1] = 1e-5
    assert torch.allclose(psi.kinetic(r)[1], psi.kinetic(near)[1], rtol=1e-6)


@pytest.mark.parametrize(
    ("quarks", "spin", "isospin", "functions"),
    [("u u d", 0.5, 0.5, 1), ("u u d c c~", 0.5, 0.5, 5), ("u u d d s s", 0, 0, 3), ("c c c c c c", 0, 0, 1)],
)
def test_permutations_generate_all_channels_from_a_few(quarks, spin, isospin, functions):
    system = quark_system("many", quarks.split(), spin, isospin)
    first = torch.randn(system.n_channels, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    every = torch.eye(system.n_channels, dtype=torch.float64)
    vectors = generating_channels(system.group, every, first)
    assert vectors.shape == (system.n_channels, functions)
    assert torch.allclose(vectors.T @ vectors, torch.eye(functions, dtype=torch.float64))
    assert torch.allclose(vectors @ (vectors.T @ first), first)
    images = antisymmetriser(system, vectors).flatten(1)
    assert rank(images) == system.n_channels
    if functions > 1:  # fewer do not
        assert rank(antisymmetriser(system, vectors[:, 1:]).flatten(1)) < system.n_channels


def test_molecular_envelope_falls_slowly_between_its_clusters():
    system = SYSTEMS["tcc"]()
    compact = InvariantWaveFunction(system)
    molecule = InvariantWaveFunction(system, clusters=[[[0, 2], [1, 3]]])
    r = points(system, 1)
    far = r.clone()
    far[[1, 3]] += 5.0
    fall = [(psi.log_density(far) - psi.log_density(r)).item() for psi in (compact, molecule)]
    assert fall[1] > fall[0] + 5


@pytest.mark.parametrize("confining", [True, False])
def test_tails_of_a_molecule_stay_alike_in_all_channels(confining):
    """Whatever step is taken; and rows, one at a time or summed, are those of the fewer parameters."""
    system = SYSTEMS["tcc"]()
    psi = InvariantWaveFunction(system, widths=(6, 5), clusters=[[[0, 2], [1, 3]]], confining=confining)
    with torch.no_grad():
        psi.envelope.raw_decay.add_(0.3 * torch.randn_like(psi.envelope.raw_decay))
    decay = psi.envelope.decay.detach().unflatten(0, (-1, 2))  # channel, envelope, length
    between = torch.tensor([(i in (0, 2)) != (j in (0, 2)) for i, j in system.pairs])
    assert len(decay[:, 1, : len(between)][:, between].unique()) == 1
    assert len(decay[:, 1, : len(between)][:, ~between].unique()) == 2 * len(decay)
    r = points(system)
    cotangent = torch.randn(1, psi.n_channels, r.shape[-1], dtype=torch.float64)
    rows, expected = psi.parameter_rows(r, cotangent), WaveFunction.parameter_rows(psi, r, cotangent)
    assert (rows - expected).abs().max() < 1e-10 * expected.abs().max()
    gradient = psi.parameter_gradient(r, cotangent[0])
    assert (gradient - expected.sum((1, 2))).abs().max() < 1e-10 * expected.abs().sum((1, 2)).max()


@pytest.mark.parametrize(
    ("quarks", "spin", "color", "spins"),
    [
        ("c c u~ d~", 1, {(0, 2): -16 / 3, (1, 3): -16 / 3, (0, 1): 0}, {(0, 2): -0.25, (1, 3): -0.25}),  # D D*
        ("c c c~ c~", 0, {(0, 2): -16 / 3, (1, 3): -16 / 3, (2, 3): 0}, {(0, 2): -0.75, (1, 3): -0.75}),  # eta_c
        ("c c u d c~", 0.5, {(0, 4): -16 / 3, (1, 2): -8 / 3, (2, 3): -8 / 3}, {(0, 4): -0.75, (2, 3): -0.75}),
        ("c c u d c~", 2.5, {(3, 4): -16 / 3, (0, 1): -8 / 3, (1, 4): 0}, {(3, 4): 0.25, (0, 1): 0.25}),
    ],
)  # fmt: skip
def test_molecules_begin_as_their_hadrons_side_by_side(quarks, spin, color, spins):
    system = quark_system("molecule", quarks.split(), spin, 0)
    (partition,) = partitions_of(system, None)
    c = molecular_channels(system, natural_scales(system)[0], partition)
    assert c.square().sum() == pytest.approx(system.n_channels)
    for operator, values in (("color", color), ("spin", spins)):
        matrices = dict(zip(system.pairs, torch.from_numpy(system.channels.operator(operator)), strict=True))
        for pair, value in values.items():
            assert c @ matrices[pair] @ c / (c @ c) == pytest.approx(value, abs=1e-6), (operator, pair)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("quarks", "spin", "free"), [("u u d d s s", 0, 10), ("u u u d d d", 1, 45), ("c c c c c c", 0, 5)]
)
def test_molecules_of_many_channels_hold_all_those_of_their_hadrons(quarks, spin, free):
    """Of five colour singlets one is that of two baryons, with any of their spins and isospins."""
    system = quark_system("molecule", quarks.split(), spin, 0)
    (partition,) = partitions_of(system, None)
    scale = natural_scales(system)[0]
    vectors = molecular_generators(system, scale, partition)
    assert vectors.shape[1] <= 4
    clusters = {frozenset(cluster) for cluster in partition}
    kept = [g for g in system.group if {frozenset(g.perm[i] for i in c) for c in clusters} == clusters]
    images = torch.cat([torch.from_numpy(g.matrix) @ vectors for g in kept], 1)
    assert rank(images) == free
    color = torch.from_numpy(system.channels.operator("color"))
    inside = [k for k, pair in enumerate(system.pairs) if any(set(pair) <= c for c in clusters)]
    close(color.sum(0) @ images, -16.0 * images, 1e-9)  # −8/3 for every quark, whatever the channel
    close(color[inside].sum(0) @ images, -16.0 * images, 1e-9)  # of two singlets: nothing is left between
    lowest = molecular_channels(system, scale, partition)
    close(vectors @ (vectors.T @ lowest), lowest, 1e-9)


def test_no_molecule_begins_where_symmetry_forbids_its_hadrons_side_by_side():
    system = quark_system("D D", ["c", "c", "u~", "d~"], 0, 0)  # two bosons with I = 0 are in no S wave
    assert molecular_channels(system, natural_scales(system)[0], [[0, 2], [1, 3]]) is None
    assert InvariantWaveFunction(system, clusters=None)(points(system, 2)).abs().min() > 0


def local_energies_at_contact(system, **settings):
    """At distances of the first two particles of 10⁻³ and 10⁻⁵ lengths, (2, batch), over the kinetic energy of the system."""
    psi = InvariantWaveFunction(system, widths=(4,), **settings)
    r, offset = points(system), torch.tensor([length(system), 0.0, 0.0], dtype=torch.float64)[:, None]
    r = torch.stack([r] * 2)
    r[:, 0] = r[:, 1] + torch.tensor([1e-3, 1e-5], dtype=torch.float64)[:, None, None] * offset
    return torch.stack([local_energy(psi, each).energy for each in r]) / psi.energy_scale


@pytest.mark.parametrize("name", ["ps2", "D", "lambda_c"])
def test_default_features_leave_nothing_of_cusps_that_are_known(name):
    """The local energy is finite at contact; with other features, or without Kato's slopes, it goes as 1/r."""
    system = SYSTEMS[name]()
    near, nearer = local_energies_at_contact(system)
    assert (nearer - near).abs().max() < 0.05
    for settings in ({"features": ("smooth", "saturating")}, {"kato": False}):
        near, nearer = local_energies_at_contact(system, **settings)
        assert (nearer - near).abs().max() > 10
    assert InvariantWaveFunction(SYSTEMS["tcc"](), widths=(4,)).feature_names == ("smooth", "saturating")


def test_inputs_of_what_comes_apart_do_not_grow():
    names = ("saturating", "lorentzian")
    assert InvariantWaveFunction(SYSTEMS["tcc"](), widths=(4,), clusters=None).feature_names == names
    whole = InvariantWaveFunction(SYSTEMS["D"](), clusters=None)  # has no threshold
    assert whole.feature_names == InvariantWaveFunction(SYSTEMS["D"]()).feature_names


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"activation": "relu"}, "tanh"),
        ({"features": ["cubic"]}, "linear"),
        ({"widths": []}, "hidden layer"),
        ({"clusters": [[[0, 2], [1, 7]]]}, "clusters"),
        ({"binding": 0.3}, r"clusters=\[\] names none"),
        ({"clusters": None, "binding": 0}, "binding"),
        ({"size": -1}, "size"),
    ],
)
def test_bad_settings_are_named(arguments, word):
    with pytest.raises(ConfigError, match=word):
        InvariantWaveFunction(SYSTEMS["tcc"](), **arguments)


def test_bad_boundary_is_named():
    with pytest.raises(ConfigError, match="boundary"):
        DeepQuarkWaveFunction(SYSTEMS["tcc"](), boundary=-1.0)
