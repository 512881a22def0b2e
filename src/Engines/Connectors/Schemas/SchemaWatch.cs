using System.Text.Json;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Schemas;

/// <summary>What an instance's owner keeps about the schemas of its system. Written as JSON with <see cref="TemplateJson"/>; add only.</summary>
public sealed record SchemaWatchState
{
    /// <summary>The template that the operations are those of.</summary>
    public string TemplateHash { get; init; } = "";

    /// <summary>The versions of schemas.</summary>
    public SchemaRegistryState Registry { get; init; } = new();

    /// <summary>The operations that answers were seen of, ordered by id.</summary>
    public IReadOnlyList<WatchedOperation> Operations { get; init; } = [];

    /// <summary>The operation that was probed last; null before the first probe.</summary>
    public string? Probed { get; init; }
}

/// <summary>What is known of one operation's answers.</summary>
public sealed record WatchedOperation
{
    /// <summary>The operation's id.</summary>
    public required string Id { get; init; }

    /// <summary>What was learnt from the first answers, or from those that an admin accepted.</summary>
    public SampleState Learnt { get; init; } = new();

    /// <summary>The registry's version for what was learnt; null before it has one.</summary>
    public int? Version { get; init; }

    /// <summary>Whether an admin accepted it in place of what the template says.</summary>
    public bool IsAccepted { get; init; }

    /// <summary>How answers differ now; null when they do not.</summary>
    public ObservedDrift? Drift { get; init; }
}

/// <summary>A difference that stands.</summary>
/// <param name="Since">When it was first seen.</param>
/// <param name="Changes">What is different.</param>
/// <param name="Samples">What the answers look like that differ.</param>
public sealed record ObservedDrift(DateTimeOffset Since, IReadOnlyList<SchemaChange> Changes, SampleState Samples);

/// <summary>An operation whose answers differ from what was promised or learnt.</summary>
/// <param name="OperationId">The operation's id.</param>
/// <param name="Since">When it was first seen.</param>
/// <param name="Impact">What changed, and what that breaks in this instance.</param>
public sealed record OperationDrift(string OperationId, DateTimeOffset Since, SchemaImpact Impact);

/// <summary>
/// Watches what an instance's system answers: learns the first answers of each operation, later compares a few with what the template promises and with what was learnt. Not safe for
/// concurrent use: its owner takes one turn at a time. Bounded by <see cref="MaxOperations"/> and <see cref="MaxFields"/>; the samples that are compared are in memory only.
/// </summary>
/// <param name="target">The instance.</param>
/// <param name="state">What was kept; begun anew for another template.</param>
/// <param name="time">The time.</param>
/// <param name="random">Decides which answers are looked at.</param>
public sealed class SchemaWatch(ResolvedInstance target, SchemaWatchState state, TimeProvider time, Random random)
{
    /// <summary>The most operations that are watched.</summary>
    public const int MaxOperations = 100;

    /// <summary>The most fields that are kept of all operations together.</summary>
    public const int MaxFields = 4_000;

    /// <summary>The answers that are learnt from.</summary>
    public const int First = 20;

    private const int OneIn = 50;

    // So that a system with few calls is looked at, too.
    private static readonly TimeSpan AtLeastEvery = TimeSpan.FromMinutes(15);

    private readonly Dictionary<string, Window> _windows = new(StringComparer.Ordinal);
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    /// <summary>What is to be kept.</summary>
    public SchemaWatchState State { get; private set; } = state.TemplateHash == target.Instance.TemplateHash ? state : state with { TemplateHash = target.Instance.TemplateHash, Operations = [] };

    /// <summary>The operations whose answers differ, ordered by id.</summary>
    public IReadOnlyList<OperationDrift> Drift =>
    [
        .. State.Operations.Where(known => known.Drift is not null).Select(known => new OperationDrift(known.Id, known.Drift!.Since, SchemaImpact.Of(
            known.Drift.Changes, SchemaUse.Output, OperationOf(known.Id)!, target.Instance.Mappings.GetValueOrDefault(known.Id) ?? []))),
    ];

    /// <summary>The watch with other settings of the same instance: what is in memory stays while the template is the same.</summary>
    public SchemaWatch With(ResolvedInstance other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var watch = new SchemaWatch(other, State, time, random);
        foreach (var (id, window) in other.Instance.TemplateHash == target.Instance.TemplateHash ? _windows : [])
        {
            watch._windows[id] = window;
        }

        return watch;
    }

    /// <summary>Whether the shape of the next answer of an operation is wanted: of the first ones, of those after one that differed, and of a few.</summary>
    public bool Wants(string operationId)
    {
        if (OperationOf(operationId) is null || (Find(operationId) is not { } known && !HasRoom()))
        {
            return false;
        }

        return _asked.Remove(operationId)
            || Find(operationId) is not { Learnt.Samples: >= First }
            || !_windows.TryGetValue(operationId, out var window)
            || window.IsSuspicious
            || time.GetElapsedTime(window.LastAt) >= AtLeastEvery
            || random.Next(OneIn) == 0;
    }

    /// <summary>The schema of an operation's answers as they were learnt; null before there was one.</summary>
    public JsonElement? LearntOf(string operationId) => Find(operationId) is { Learnt.Samples: > 0 } known ? ResponseSampler.Infer(known.Learnt) : null;

    /// <summary>Wants the shape of the next answer of an operation.</summary>
    public void Ask(string operationId)
    {
        if (OperationOf(operationId) is not null)
        {
            _asked.Add(operationId);
        }
    }

    /// <summary>The operation whose turn it is to be probed, whose next answer is then wanted; null when there is none. Each has its turn, by id, also after a loss of what was not kept.</summary>
    public string? NextProbe()
    {
        var known = ProbeRules.Of(target).Select(operation => operation.Id).Where(id => Find(id) is not null || HasRoom()).Order(StringComparer.Ordinal).ToList();
        if ((known.Find(id => string.CompareOrdinal(id, State.Probed) > 0) ?? known.FirstOrDefault()) is not { } next)
        {
            return null;
        }

        State = State with { Probed = next };
        Ask(next);
        return next;
    }

    /// <summary>Whether an answer of an operation differed and more are needed to be sure.</summary>
    public bool IsSuspicious(string operationId) => _windows.TryGetValue(operationId, out var window) && window.IsSuspicious;

    /// <summary>Takes the shape of an answer over.</summary>
    /// <returns>Whether something changed that should be kept soon.</returns>
    public bool Observe(string operationId, SampleState shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        if (OperationOf(operationId) is not { } operation || (Find(operationId) is null && !HasRoom()) || shape.Samples != 1 || shape.Fields.Count > ResponseSampler.MaxFields)
        {
            return false;
        }

        var known = Find(operationId) ?? new WatchedOperation { Id = operationId };
        var window = _windows.GetValueOrDefault(operationId) ?? new Window();
        window.Samples = ResponseSampler.Merge(window.Samples, shape);
        window.LastAt = time.GetTimestamp();
        _windows[operationId] = window;

        // What differs already is not learnt from.
        window.IsSuspicious = known.Learnt.Samples >= First && Differences(operation, known, window.Samples, 1).Any(change => change.IsBreaking);
        var before = known;
        if (known.Learnt.Samples < First)
        {
            known = Learn(operation, known with { Learnt = ResponseSampler.Merge(known.Learnt, shape) });
        }

        if (window.Samples.Samples >= ResponseSampler.Enough)
        {
            var changes = Differences(operation, known, window.Samples, ResponseSampler.Enough);
            known = known with { Drift = changes.Count == 0 ? null : new ObservedDrift(before.Drift?.Since ?? time.GetUtcNow(), changes, window.Samples) };
            window.Samples = new SampleState();
            window.IsSuspicious = false;
        }

        Put(known);
        return known.Version != before.Version || !Same(known.Drift, before.Drift);
    }

    /// <summary>Takes what answers look like now for right, from here on and whatever the template says.</summary>
    /// <returns>Whether there was a difference to accept.</returns>
    public bool Accept(string operationId)
    {
        if (Find(operationId) is not { Drift: { } drift } known)
        {
            return false;
        }

        _windows.Remove(operationId);
        Put(Register(known with { Learnt = drift.Samples, IsAccepted = true, Drift = null }));
        return true;
    }

    private WatchedOperation Learn(OperationTemplate operation, WatchedOperation known)
    {
        if (known.Learnt.Samples < First || known.Version is not null)
        {
            return known;
        }

        if (operation.Output.Schema is { } promised)
        {
            RegisterVersion(known.Id, promised, "template");
        }

        return Register(known);
    }

    private WatchedOperation Register(WatchedOperation known) =>
        known with { Version = RegisterVersion(known.Id, ResponseSampler.Infer(known.Learnt), "samples") ?? known.Version ?? 0 };

    private int? RegisterVersion(string operationId, JsonElement schema, string source)
    {
        // Systems ask nobody: every version is taken, and what breaks is told.
        var subject = SchemaRegistry.Subject(target.Template.Id, operationId, SchemaUse.Output);
        var registered = SchemaRegistry.Register(SchemaRegistry.WithMode(State.Registry, subject, CompatibilityMode.None), subject, schema, time.GetUtcNow(), source);
        State = State with { Registry = registered.State };
        return registered.Version?.Number;
    }

    private static IReadOnlyList<SchemaChange> Differences(OperationTemplate operation, WatchedOperation known, SampleState samples, int enough)
    {
        // A template's schema names what it uses, not all that there is: what it does not name is no change.
        var promised = !operation.Code && operation.Output.Schema is { } schema && !known.IsAccepted ? ResponseSampler.Drift(samples, schema, enough).Where(change => change.IsBreaking).ToList() : [];
        var learnt = known.Learnt.Samples >= First || known.IsAccepted ? SampleDrift.Compare(known.Learnt, samples, enough) : [];
        return [.. promised, .. learnt.Where(change => !promised.Exists(other => other.Path == change.Path))];
    }

    private static bool Same(ObservedDrift? left, ObservedDrift? right) =>
        left is null || right is null ? left is null && right is null : left.Changes.Select(change => (change.Path, change.Kind)).SequenceEqual(right.Changes.Select(change => (change.Path, change.Kind)));

    private bool HasRoom() => State.Operations.Count < MaxOperations && State.Operations.Sum(known => known.Learnt.Fields.Count) < MaxFields;

    private OperationTemplate? OperationOf(string id) => target.Template.Operations.FirstOrDefault(operation => operation.Id == id);

    private WatchedOperation? Find(string id) => State.Operations.FirstOrDefault(known => known.Id == id);

    private void Put(WatchedOperation known) =>
        State = State with { Operations = [.. State.Operations.Where(other => other.Id != known.Id).Append(known).OrderBy(other => other.Id, StringComparer.Ordinal)] };

    private sealed class Window
    {
        public SampleState Samples { get; set; } = new();

        public long LastAt { get; set; }

        public bool IsSuspicious { get; set; }
    }
}
