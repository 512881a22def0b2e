namespace Steward.Memory;

/// <summary>How people are remembered. Section <c>Steward:Memory</c>.</summary>
public sealed class MemoryOptions
{
    /// <summary>The section of the configuration.</summary>
    public const string Section = "Steward:Memory";

    /// <summary>Whether messages are looked through for what is to be remembered, and runs are told what is. Default true.</summary>
    public bool IsEnabled { get; set; } = true;

    /// <summary>Whether the tenant's small model reads messages, where there is one; rules otherwise, and when it fails. One call for each message. Default false.</summary>
    public bool ExtractsWithModel { get; set; }

    /// <summary>Whether a message is read against what holds of its author, so that changes told in passing are noticed. Of what it notices some is none: each can be undone. Default true.</summary>
    public bool ReadsAgainstHeld { get; set; } = true;

    /// <summary>
    /// The provider's embedder that memories are found by, as <c>provider/model</c> of <c>Steward:Models:Embedders</c>, for tenants whose settings name it among the models that may be asked for. Null, the default, and for all other tenants: the silo's own. After a change memories
    /// are embedded anew when they are next asked, and found by their words until then.
    /// </summary>
    public string? Embedder { get; set; }

    /// <summary>The length of the vectors that <see cref="Embedder"/> is asked for, 1 to 4,096; null, the default, is the model's own.</summary>
    public int? EmbedderDimensions { get; set; }

    /// <summary>The most memories that a run is told. Default 12.</summary>
    public int RecallTop { get; set; } = 12;

    /// <summary>How many tokens they may take together, a token counted as four characters. Default 600.</summary>
    public int RecallTokens { get; set; } = 600;

    /// <summary>How long a run waits for its memories; it goes on without them then. Half of it is for the vector of its message: where that takes longer, they are found by words. Default 500 ms.</summary>
    public TimeSpan RecallPatience { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long the end of a run waits until what its message said is in the memory; then that goes on beside it. Default 1 s.</summary>
    public TimeSpan NotePatience { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long what does not hold any more is kept, so that it can be restored. Default 90 days.</summary>
    public TimeSpan SupersededFor { get; set; } = TimeSpan.FromDays(90);

    /// <summary>After how long something that was left open is proposed to be followed up. Default 1 day.</summary>
    public TimeSpan FollowUpAfter { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How many people must ask for the same before a tenant's admins are told; never fewer than 3. Default 5.</summary>
    public int LeastPeople { get; set; } = 5;

    /// <summary>How long a pass through all memories of a tenant rests after each 200 journals. Default 200 ms.</summary>
    public TimeSpan KeepingPause { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>After how long an erasure looks again at conversations that were at work. Default 1 minute.</summary>
    public TimeSpan EraseAgainAfter { get; set; } = TimeSpan.FromMinutes(1);
}
