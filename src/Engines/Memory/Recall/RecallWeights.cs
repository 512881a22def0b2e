namespace Steward.Engines.Memory.Recall;

/// <summary>How much each sign counts. Round numbers that hold for conversations in general.</summary>
public sealed record RecallWeights
{
    /// <summary>What an entry takes from the words of the one next to it, and half as much from the one after. Default 0.2.</summary>
    public float Neighbour { get; init; } = 0.2f;

    /// <summary>What the best fitting group adds to its entries, as a share of the best entry's score. Default 0.3.</summary>
    public float Group { get; init; } = 0.3f;

    /// <summary>What is added where the query names the entry's subject, as a share of its score. Default 0.4.</summary>
    public float Subject { get; init; } = 0.4f;

    /// <summary>How much the words of the first results weigh beside the query's own; 0 looks once. Default 0.3.</summary>
    public float Feedback { get; init; } = 0.3f;

    /// <summary>The weight of the ranking by words. Default 1.</summary>
    public double Words { get; init; } = 1;

    /// <summary>The weight of the ranking by meaning. Default 0.5.</summary>
    public double Meaning { get; init; } = 0.5;

    /// <summary>After how long without use an entry counts half. Default 180 days.</summary>
    public TimeSpan HalfLife { get; init; } = TimeSpan.FromDays(180);

    /// <summary>What an entry that has faded keeps at least. Default 0.5: an old answer is better than none.</summary>
    public double LeastOfFaded { get; init; } = 0.5;

    /// <summary>How much an entry loses for each one before it that says the same. Default 0.5.</summary>
    public double Repetition { get; init; } = 0.5;
}
