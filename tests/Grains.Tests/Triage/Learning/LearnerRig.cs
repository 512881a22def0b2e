using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Steward.Engines.Security;
using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Inference;
using Steward.Operations;
using Steward.Triage;

namespace Steward.Grains.Tests.Triage.Learning;

/// <summary>A tenant's learner, its triage and what outlives a silo.</summary>
internal sealed class LearnerRig : IDisposable
{
    public const string Tenant = "t-acme";

    private static readonly string[] Groups = ["mail", "network", "accounts"];
    private static readonly string[][] Words = [["outlook", "inbox", "calendar", "spam"], ["vpn", "wifi", "router", "cable"], ["password", "login", "locked", "token"]];

    private readonly Random _random = new(17);
    private readonly TrainingRoom _room;
    private readonly LearnerParts _parts;
    private FoldedJournal<TriageLearningState>? _journal;

    public LearnerRig(TriageLearningOptions? options = null)
    {
        Journals = new MemoryJournals(Mortal);
        Triage = new FakeTriage(Mortal);
        OtherTriage = new FakeTriage(Mortal);
        Settings = Options.Create(options ?? new TriageLearningOptions { EmbeddingModel = "" });
        _room = new TrainingRoom(new FreeLoad(), Settings, Time);
        var grains = FakeGrain.Of<IGrainFactory>((method, args) =>
        {
            var key = (string)args[0]!;
            Asked.Add(key);
            return method.GetGenericArguments()[0] == typeof(IInferenceGrain)
                ? FakeGrain.Of<IInferenceGrain>((_, call) => Embed((EmbedTexts)call[0]!))
                : FakeGrain.Of<ITriageGrain>((key == GrainKeys.Triage(Tenant) ? Triage : OtherTriage).Answer);
        });
        var ring = ClusterKeyRing.Parse([Convert.ToBase64String(new byte[32])], "test");
        var platform = new PlatformIdentity(new IdentityEnvelopeSigner(ring, TimeProvider.System));
        _parts = new LearnerParts(grains, Journals, platform, _room, new TicketEmbeddings(grains, platform, Settings, Time), Settings, Time, NullLogger<TriageLearner>.Instance);
        Learner = null!;
    }

    public Mortal Mortal { get; } = new();

    public ShiftedTime Time { get; } = new();

    public MemoryJournals Journals { get; }

    public FakeTriage Triage { get; }

    public FakeTriage OtherTriage { get; }

    public IOptions<TriageLearningOptions> Settings { get; }

    /// <summary>The keys of all grains that were asked for.</summary>
    public HashSet<string> Asked { get; } = [];

    /// <summary>Computes vectors; without it there are no models.</summary>
    public Func<string, float[]>? Encoder { get; set; }

    /// <summary>The version of what computes them.</summary>
    public string EncoderVersion { get; set; } = "v1";

    public List<string> Embedded { get; } = [];

    public TrainingRoom Room => _room;

    public TriageLearner Learner { get; private set; }

    public TriageTraining Last => _journal!.State.Trainings[^1];

    public TriageLearningState State => _journal!.State;

    /// <summary>Begins as a silo does that has just been started on what there is.</summary>
    public async Task LoadAsync()
    {
        _journal = new FoldedJournal<TriageLearningState>(Journals, GrainKeys.TriageLearning(Tenant), TriageLearningJson.Default.TriageLearningState, Time, () => { });
        await _journal.LoadAsync(default);
        Learner = new TriageLearner(_parts, Tenant, _journal);
        await Learner.NoteInterruptionAsync();
    }

    /// <summary>Does all that is due.</summary>
    public async Task WorkAsync()
    {
        while (await Learner.StepAsync(default))
        {
        }
    }

    /// <summary>Begins a training and does all that is due.</summary>
    public async Task<TriageTraining> TrainAsync()
    {
        await Learner.BeginAsync(isAsked: true);
        await WorkAsync();
        return Last;
    }

    /// <summary>Honest people say where new tickets belong.</summary>
    public void Say(FakeTriage triage, int count, string prefix = "sim")
    {
        for (var i = 0; i < count; i++)
        {
            var group = _random.Next(3);
            var sequence = triage.Labels.Count + 1;

            // One in eight reads as if it belonged to another group.
            var shown = _random.Next(8) == 0 ? (group + 1) % 3 : group;
            triage.Labels.Add(new TriageLabelEntry
            {
                Sequence = sequence,
                Ticket = new TriageTicket { Id = $"{prefix}:{sequence}", ShortDescription = string.Join(' ', Enumerable.Range(0, 6).Select(word => word < 2 ? Words[shown][_random.Next(4)] : $"{prefix}x{(char)('a' + _random.Next(26))}{(char)('a' + _random.Next(26))}")) },
                Label = Groups[group],
                Source = TriageLabelSource.Feedback,
                By = $"u-{_random.Next(8)}",
                At = Time.GetUtcNow().AddDays(-40),
                DecidedLabel = _random.Next(5) == 0 ? Groups[(group + 1) % 3] : Groups[group],
            });
        }
    }

    public void Dispose() => _room.Dispose();

    private Task<EmbeddedTexts> Embed(EmbedTexts command)
    {
        Assert.True(command.IsBackground);
        Assert.Equal(Tenant, command.TenantId);
        Assert.InRange(command.Texts.Count, 1, 256);
        Embedded.AddRange(command.Texts);
        return Encoder is { } encoder
            ? Task.FromResult(new EmbeddedTexts { Version = EncoderVersion, Vectors = [.. command.Texts.Select(encoder)] })
            : Task.FromException<EmbeddedTexts>(new StewardException(ErrorCodes.Unavailable, "No silo runs models."));
    }

    private sealed class FreeLoad : ITrainingLoad
    {
        public bool IsBusy => false;
    }
}
