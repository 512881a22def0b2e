namespace Steward.Connectors;

/// <summary>What a connector's grain persists. No secret is in it.</summary>
[GenerateSerializer]
[Alias("steward.connector-state")]
internal sealed class ConnectorState
{
    /// <summary>The settings as JSON; null when there is no instance.</summary>
    [Id(0)]
    public string? InstanceJson { get; set; }

    /// <summary>The text of the template that is pinned.</summary>
    [Id(1)]
    public string? TemplateText { get; set; }

    /// <summary>Whether the template is the tenant's own.</summary>
    [Id(2)]
    public bool OwnTemplate { get; set; }

    /// <summary>When it was created.</summary>
    [Id(3)]
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>Who created it.</summary>
    [Id(4)]
    public string? CreatedBy { get; set; }

    /// <summary>When the verification call last succeeded.</summary>
    [Id(5)]
    public DateTimeOffset? VerifiedAt { get; set; }

    /// <summary>The account that is signed in, as the system names it.</summary>
    [Id(6)]
    public string? Identity { get; set; }

    /// <summary>Why the last verification failed; null when it did not.</summary>
    [Id(7)]
    public string? Failure { get; set; }

    /// <summary>Whether it is being deleted: its secrets go first.</summary>
    [Id(8)]
    public bool Deleting { get; set; }

    /// <summary>The revision of the last instance with this name, so that a new one is never taken for it.</summary>
    [Id(9)]
    public long LastRevision { get; set; }

    /// <summary>What was learnt of the system's answers as JSON, names and types without values; null before anything was.</summary>
    [Id(10)]
    public string? SchemasJson { get; set; }

    /// <summary>How well it is signed in, and what webhooks are still to be told of that; null before anything changed.</summary>
    [Id(11)]
    public SignInHistory? SignIn { get; set; }

    /// <summary>Until when the vault holds a webhook secret that was replaced; null when it holds none.</summary>
    [Id(12)]
    public DateTimeOffset? OldWebhookSecretUntil { get; set; }

    /// <summary>What was seen of the tenant's other instances of the template, oldest first; empty where no limit is common to them.</summary>
    [Id(13)]
    public List<ShareSeen> Shares { get; set; } = [];
}

/// <summary>How many instances of a template there were, and where this one stood.</summary>
[GenerateSerializer]
[Alias("steward.connector-share-seen")]
internal sealed record ShareSeen
{
    /// <summary>How many; 0 before this one was among them.</summary>
    [Id(0)]
    public required int Count { get; init; }

    /// <summary>How many came before it.</summary>
    [Id(1)]
    public required int Rank { get; init; }

    /// <summary>When it was seen; null when it was always so.</summary>
    [Id(2)]
    public DateTimeOffset? At { get; init; }
}

/// <summary>What the list of connectors persists.</summary>
[GenerateSerializer]
[Alias("steward.connector-index-state")]
internal sealed class ConnectorIndexState
{
    /// <summary>The instances by name.</summary>
    [Id(0)]
    public Dictionary<string, ConnectorEntry> Entries { get; set; } = new(StringComparer.Ordinal);
}
