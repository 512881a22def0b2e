namespace Steward.Sessions;

/// <summary>How sessions remember.</summary>
public sealed class SessionOptions
{
    /// <summary>How long a conversation is remembered after its last message; 24 hours by default.</summary>
    public TimeSpan ShortTermMemory { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How long a slot of working memory is kept after it was written; 1 hour by default.</summary>
    public TimeSpan WorkingMemory { get; set; } = TimeSpan.FromHours(1);

    /// <summary>The most messages of short-term memory kept in the activation; 60 by default. Older ones stay in the journal.</summary>
    public int ShortTermMessages { get; set; } = 60;
}
