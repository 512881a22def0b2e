using System.Text.Json.Nodes;

namespace Steward.Engines.Orchestration.Tracing;

/// <summary>A node of a trace while the journal is being read.</summary>
internal sealed class TraceDraft(string id, string kind, string name, DateTimeOffset startedAt)
{
    private JsonObject? _attributes;
    private JsonObject? _own;

    public string Id => id;

    public string Kind => kind;

    public string Name { get; set; } = name;

    public string Status { get; set; } = "running";

    public string? Reason { get; set; }

    public string? Code { get; set; }

    public string? Message { get; set; }

    public DateTimeOffset StartedAt { get; set; } = startedAt;

    public DateTimeOffset? EndedAt { get; set; }

    public TraceUsage? Usage { get; set; }

    public JsonNode? Input { get; set; }

    public JsonNode? Output { get; set; }

    public List<long> Events { get; } = [];

    public List<TraceDraft> Children { get; } = [];

    /// <summary>Where it hangs; null for the root and for what has not found its place yet.</summary>
    public TraceDraft? Parent { get; private set; }

    public bool IsOpen => EndedAt is null;

    /// <summary>Sets an attribute; null sets nothing.</summary>
    public TraceDraft With(string attribute, JsonNode? value)
    {
        if (value is not null)
        {
            (_attributes ??= [])[attribute] = value;
        }

        return this;
    }

    /// <summary>Sets an attribute that says something of the person whose run it is: it is shown where content is.</summary>
    public TraceDraft WithOwn(string attribute, JsonNode value)
    {
        (_own ??= [])[attribute] = value;
        return this;
    }

    public int Count(string attribute)
    {
        var count = (_attributes?[attribute]?.GetValue<int>() ?? 0) + 1;
        With(attribute, count);
        return count;
    }

    public TraceDraft Took(long sequence)
    {
        Events.Add(sequence);
        return this;
    }

    public TraceDraft End(DateTimeOffset at, string status)
    {
        EndedAt = at;
        Status = status;
        return this;
    }

    public void Adopt(TraceDraft child)
    {
        child.Parent = this;
        Children.Add(child);
    }

    /// <summary>The finished node. A parent covers its children, also where clocks of different servers disagree.</summary>
    /// <param name="now">What has not ended is measured up to here.</param>
    /// <param name="isOver">Whether nothing will come any more: what has not ended is unfinished.</param>
    /// <param name="withContent">Whether it shows what went in and came out, and what says something of the person.</param>
    public TraceNode Build(DateTimeOffset now, bool isOver, bool withContent)
    {
        var children = Children.OrderBy(child => child.StartedAt).ThenBy(child => child.FirstEvent).Select(child => child.Build(now, isOver, withContent)).ToList();
        var from = children.Aggregate(StartedAt, (earliest, child) => child.StartedAt < earliest ? child.StartedAt : earliest);
        var until = EndedAt ?? (now > from ? now : from);
        if (until < from)
        {
            until = from;
        }

        return new TraceNode
        {
            Id = Id,
            Kind = Kind,
            Name = Name,
            Status = isOver && IsOpen && Status is "running" or "waiting" or "planned" or "proposed" ? "unfinished" : Status,
            Reason = Reason,
            Code = Code,
            Message = Message,
            StartedAt = from,
            EndedAt = EndedAt is null && !isOver ? null : until,
            DurationMs = Interval.Milliseconds(until - from),
            SelfMs = Interval.Milliseconds((until - from) - Interval.Union(children.Select(child => Interval.Of(child, now)), from, until)),
            Usage = Usage,
            Input = withContent ? Input : null,
            Output = withContent ? Output : null,
            Attributes = withContent && _own is not null ? Both(_attributes, _own) : _attributes,
            Events = Events,
            Children = children,
        };
    }

    private static JsonObject Both(JsonObject? attributes, JsonObject own) => new([.. (attributes ?? []).Concat(own).Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone()))]);

    private long FirstEvent => Events.Count > 0 ? Events[0] : Children.Count > 0 ? Children.Min(child => child.FirstEvent) : 0;
}

/// <summary>A piece of time.</summary>
internal readonly record struct Interval(DateTimeOffset From, DateTimeOffset Until)
{
    public static Interval Of(TraceNode node, DateTimeOffset now) => new(node.StartedAt, node.EndedAt ?? (now > node.StartedAt ? now : node.StartedAt));

    public static double Milliseconds(TimeSpan time) => Math.Round(Math.Max(0, time.TotalMilliseconds), 1);

    /// <summary>How much of a span is covered by at least one of the intervals.</summary>
    public static TimeSpan Union(IEnumerable<Interval> intervals, DateTimeOffset from, DateTimeOffset until)
    {
        var covered = TimeSpan.Zero;
        var reached = from;
        foreach (var interval in intervals.OrderBy(interval => interval.From))
        {
            var begin = interval.From > reached ? interval.From : reached;
            var end = interval.Until < until ? interval.Until : until;
            if (end > begin)
            {
                covered += end - begin;
                reached = end;
            }
        }

        return covered;
    }
}
