using System.Text.Json;
using System.Text.Json.Nodes;

namespace Steward.Engines.Orchestration.Tracing;

/// <summary>
/// Makes the trace of a run from its journal, entry by entry. Whatever it is given, it gives a trace: journals of earlier and of later releases, those that break off
/// anywhere, and what retention has left. Every entry ends up in exactly one node, apart from the parts of the answer. Not safe for concurrent use.
/// </summary>
/// <param name="runId">The run.</param>
public sealed partial class RunTraceBuilder(string runId)
{
    private const int MaxDepth = 48;

    private readonly Dictionary<string, TraceDraft> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TraceDraft> _openAttempts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TraceDraft> _plans = new(StringComparer.Ordinal);
    private readonly List<(TraceDraft Node, string? Under)> _loose = [];
    private readonly List<string> _promptHashes = [];
    private readonly RunSnapshot _snapshot = new();
    private TraceDraft? _root;
    private TraceDraft? _wait;
    private DateTimeOffset? _requestedAt;
    private DateTimeOffset? _firstAnswerAt;
    private DateTimeOffset _lastAt;
    private string? _sessionId;
    private string? _state;
    private long _lastSequence;
    private int _retries;
    private int _restarts;
    private int _replays;
    private bool _isRetired;

    /// <summary>The hashes of the prompts of the model calls so far, in order.</summary>
    public IReadOnlyList<string> PromptHashes => _promptHashes;

    /// <summary>Takes the next entry of the journal.</summary>
    /// <param name="sequence">Its sequence number, greater than those before.</param>
    /// <param name="type">Its type.</param>
    /// <param name="at">When it was recorded.</param>
    /// <param name="payload">Its content.</param>
    public void Add(long sequence, string type, DateTimeOffset at, ReadOnlySpan<byte> payload)
    {
        ArgumentNullException.ThrowIfNull(type);
        _root ??= Register(new TraceDraft("run", "run", "Run " + runId, at));
        _lastSequence = Math.Max(_lastSequence, sequence);
        _lastAt = at > _lastAt ? at : _lastAt;
        if (payload.IsEmpty)
        {
            // Retention removed the content and kept the place.
            _isRetired = true;
            AddEvent(sequence, type, at, null).Message = "Retention has removed the details.";
            return;
        }

        RunFact fact;
        try
        {
            fact = RunFacts.Deserialize(type, payload);
        }
        catch (JsonException)
        {
            AddEvent(sequence, type, at, null).Message = "The content cannot be read.";
            return;
        }

        _snapshot.Apply(fact, at);
        Take(sequence, at, fact);
    }

    /// <summary>The trace of what has been taken so far. Can be called again after more was taken.</summary>
    /// <param name="now">What has not ended is measured up to here.</param>
    /// <param name="prompts">The prompts, when they were asked for.</param>
    /// <param name="withContent">Whether it shows what went in and came out; else only what happened, when and why.</param>
    public RunTrace Build(DateTimeOffset now, TracePrompts? prompts = null, bool withContent = true)
    {
        now = now > _lastAt ? now : _lastAt;
        var root = _root ?? new TraceDraft("run", "run", "Run " + runId, now);
        Settle();
        CloseContainers();

        // What was under way when the run ended has not been worked on since.
        var until = root.EndedAt ?? now;
        var tree = root.Build(until, isOver: !root.IsOpen, withContent);
        return new RunTrace
        {
            RunId = runId,
            TenantId = _snapshot.Input?.TenantId,
            SessionId = _sessionId,
            TraceId = TraceIdOf(_snapshot.Input?.TraceParent),
            State = _isRetired ? "retired" : _state ?? (_requestedAt is null ? "queued" : "requested"),
            LastSequence = _lastSequence,
            At = now,
            Totals = TraceSums.Of(tree, until, _firstAnswerAt, _snapshot.Usage, (_retries, _restarts, _replays)),
            Root = tree,
            Prompts = withContent ? prompts : null,
        };
    }

    private static string? TraceIdOf(string? traceParent) =>
        System.Diagnostics.ActivityContext.TryParse(traceParent, null, out var context) ? context.TraceId.ToHexString() : null;

    private TraceDraft Register(TraceDraft node)
    {
        _nodes[node.Id] = node;
        return node;
    }

    /// <summary>A new node under the one that is named, or the run when there is none.</summary>
    private TraceDraft Add(long sequence, string id, string kind, string name, DateTimeOffset at, string? under = null)
    {
        // Nothing is lost to an id that comes twice.
        var node = Register(new TraceDraft(_nodes.ContainsKey(id) ? $"{id}#{sequence}" : id, kind, name, at)).Took(sequence);
        _loose.Add((node, under));
        return node;
    }

    private TraceDraft AddEvent(long sequence, string type, DateTimeOffset at, JsonNode? data)
    {
        var node = Add(sequence, $"event:{sequence}", "event", type, at).End(at, "ok");
        node.Output = data;
        return node;
    }

    // What names another node finds it however late that one came; a node never hangs below itself.
    private void Settle()
    {
        foreach (var (node, under) in _loose)
        {
            var parent = under is not null && _nodes.TryGetValue(under, out var named) && !IsWithin(named, node) && Depth(named) < MaxDepth ? named : _root!;
            parent.Adopt(node);
        }

        _loose.Clear();
    }

    private static int Depth(TraceDraft node)
    {
        var depth = 0;
        for (var parent = node.Parent; parent is not null; parent = parent.Parent)
        {
            depth++;
        }

        return depth;
    }

    private static bool IsWithin(TraceDraft node, TraceDraft ancestor)
    {
        for (var at = node; at is not null; at = at.Parent)
        {
            if (ReferenceEquals(at, ancestor))
            {
                return true;
            }
        }

        return false;
    }

    // Playbooks and plans have no end of their own: they end with the last thing in them, once the run does.
    private void CloseContainers()
    {
        var ended = _root?.EndedAt;
        foreach (var node in _nodes.Values.Where(node => node.Kind is "playbook" or "plan" && node.Status is "running" or "ok"))
        {
            node.Status = ended is null ? "running" : "ok";
            node.EndedAt = ended is null ? null : node.Children.Count == 0 ? node.StartedAt : node.Children.Max(child => child.EndedAt ?? ended.Value);
        }
    }

    private TraceDraft? Find(string id) => _nodes.GetValueOrDefault(id);

    /// <summary>The step that a hand-off inside it is known by; null for the run itself.</summary>
    private static string? ScopeNode(string? scope) => string.IsNullOrEmpty(scope) ? null : "step:" + scope;

    /// <summary>Where a step belongs: the hand-off that its id begins with, the plan or the playbook that is being worked off, else the run.</summary>
    private string? PlaceOf(string stepId)
    {
        for (var slash = stepId.LastIndexOf('/'); slash > 0; slash = stepId.LastIndexOf('/', slash - 1))
        {
            if (_nodes.ContainsKey("step:" + stepId[..slash]))
            {
                return _plans.GetValueOrDefault(stepId[..slash])?.Id ?? "step:" + stepId[..slash];
            }
        }

        return _plans.GetValueOrDefault("")?.Id ?? (_nodes.ContainsKey("playbook") ? "playbook" : null);
    }
}
