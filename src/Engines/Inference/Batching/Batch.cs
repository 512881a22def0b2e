namespace Steward.Engines.Inference.Batching;

/// <summary>Texts that run together. Reused by its worker.</summary>
internal sealed class Batch
{
    /// <summary>The texts, in the order of their rows.</summary>
    public List<QueuedWork> Items { get; } = [];

    /// <summary>What fell due before it could run.</summary>
    public List<QueuedWork> Expired { get; } = [];

    /// <summary>Whose texts they are.</summary>
    public BatchQueue? Queue { get; private set; }

    /// <summary>The longest text's tokens.</summary>
    public int MaxLength { get; private set; }

    /// <summary>All texts' tokens.</summary>
    public int Tokens { get; private set; }

    /// <summary>Tokens that are computed, padding among them.</summary>
    public int PaddedTokens => MaxLength * Items.Count;

    /// <summary>Ends the run of this batch, while it runs.</summary>
    public Action? Terminate { get; set; }

    /// <summary>How many texts somebody still wants.</summary>
    public int Wanted { get; set; }

    /// <summary>Whether its run may be ended: nobody wants its texts, and none of them is tried.</summary>
    public bool MayEnd => Wanted == 0 && !Items.Exists(work => work.IsTrial);

    internal void Begin(BatchQueue queue)
    {
        Items.Clear();
        (Queue, MaxLength, Tokens, Wanted) = (queue, 0, 0, 0);
    }

    internal void Add(QueuedWork work)
    {
        Items.Add(work);
        MaxLength = Math.Max(MaxLength, work.Length);
        Tokens += work.Length;
        Wanted++;
        work.State = WorkState.Running;
        work.Batch = this;
    }
}
