namespace Steward.Triage;

/// <summary>How tenants' heads are trained. Bound from <c>Steward:Triage:Learning</c>.</summary>
public sealed class TriageLearningOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Steward:Triage:Learning";

    /// <summary>The embedder whose vectors heads may read; empty for words alone. Default <c>embedder</c>.</summary>
    public string EmbeddingModel { get; set; } = "embedder";

    /// <summary>How long a training may wait for vectors before it goes on with words alone. Default 30 minutes.</summary>
    public TimeSpan EmbeddingPatience { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>How long a training makes way for other work in all. Default 30 minutes.</summary>
    public TimeSpan LongestPause { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>The share of tickets that a head on trial answers. Default 0.1.</summary>
    public double TrialShare { get; set; } = 0.1;

    /// <summary>After how many of its tickets somebody has said something about a trial may end. Default 200.</summary>
    public int TrialSaid { get; set; } = 200;

    /// <summary>Of how many of its tickets there must be word for it to take over, however long that takes: silence is no evidence. One person's or account's word counts for half of them at most. An admin may let it take over without. Default 10.</summary>
    public int TrialFewestSaid { get; set; } = 10;

    /// <summary>After how long it may end all the same. Default 7 days; after twice as long it ends in any case.</summary>
    public TimeSpan TrialTime { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How long a head is watched after it took over. Default 14 days.</summary>
    public TimeSpan WatchTime { get; set; } = TimeSpan.FromDays(14);

    /// <summary>How often overrides are looked at meanwhile. Default 1 hour.</summary>
    public TimeSpan CheckEvery { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How many labels must be new since the last training, so that a night trains. Default 20.</summary>
    public int FewestNewLabels { get; set; } = 20;
}
