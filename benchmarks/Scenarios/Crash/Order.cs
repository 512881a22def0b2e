namespace Steward.Benchmarks.Scenarios.Crash;

/// <summary>One run as its user sees it.</summary>
internal sealed class Order(string id, bool needsApproval)
{
    private long _lastSequence;

    public string Id { get; } = id;

    public bool NeedsApproval { get; } = needsApproval;

    public string Text => NeedsApproval ? $"Open customer case {Id}" : $"Carry out work order {Id}";

    /// <summary>The run, once it is known.</summary>
    public string? RunId { get; set; }

    /// <summary>Where the run ended; null before.</summary>
    public string? State { get; set; }

    public string? ErrorCode { get; set; }

    /// <summary>How often it was replayed from the dead-letter list.</summary>
    public int Replays { get; private set; }

    /// <summary>How often its event stream broke and was taken up again.</summary>
    public int Reconnects { get; set; }

    /// <summary>Steps that began.</summary>
    public int Steps { get; private set; }

    /// <summary>Actions whose outcome had to be looked up.</summary>
    public int Reconciled { get; private set; }

    /// <summary>Decisions in the journal, by request.</summary>
    public Dictionary<string, int> Decisions { get; } = new(StringComparer.Ordinal);

    /// <summary>What was wrong with the stream of events; empty when every event came once and in order.</summary>
    public List<string> StreamFaults { get; } = [];

    public long LastSequence => _lastSequence;

    /// <summary>It is replayed: it has no end any more.</summary>
    public void BeginAgain()
    {
        Replays++;
        (State, ErrorCode) = (null, null);
    }

    /// <summary>Takes an event as it came.</summary>
    public void Take(long sequence, string type, string? requestId)
    {
        if (sequence != _lastSequence + 1)
        {
            StreamFaults.Add($"{RunId}: event {sequence} came after {_lastSequence}");
        }

        _lastSequence = sequence;
        switch (type)
        {
            case "step.started":
                Steps++;
                break;
            case "action.reconciled":
                Reconciled++;
                break;
            case "decision.made" when requestId is not null:
                Decisions[requestId] = Decisions.GetValueOrDefault(requestId) + 1;
                break;
            default:
                break;
        }
    }
}
