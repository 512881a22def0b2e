namespace Steward.Connectors;

/// <summary>What a new instance is to be.</summary>
[GenerateSerializer]
[Alias("steward.create-connector")]
public sealed record CreateConnector
{
    /// <summary>The template of the catalogue; null when <see cref="TemplateText"/> is given.</summary>
    [Id(0)]
    public string? TemplateId { get; init; }

    /// <summary>The tenant's own template, as YAML or JSON, for example an accepted draft of an import.</summary>
    [Id(1)]
    public string? TemplateText { get; init; }

    /// <summary>How people name it; the template's name by default.</summary>
    [Id(2)]
    public string? Title { get; init; }

    /// <summary>One of the template's regions.</summary>
    [Id(3)]
    public string? Region { get; init; }

    /// <summary>An address instead of the template's.</summary>
    [Id(4)]
    public string? BaseUrl { get; init; }

    /// <summary>The fields of the connection and of the sign-in that are no secrets.</summary>
    [Id(5)]
    public IReadOnlyDictionary<string, string> Fields { get; init; } = new Dictionary<string, string>();

    /// <summary>Which way to sign in; the template's first by default.</summary>
    [Id(6)]
    public string? AuthId { get; init; }

    /// <summary>The secrets, by the name of the sign-in's field, sealed for the instance's grain.</summary>
    [Id(7)]
    public IReadOnlyDictionary<string, string> SealedSecrets { get; init; } = new Dictionary<string, string>();

    /// <summary>The operations that are switched on; null for all that only read.</summary>
    [Id(8)]
    public IReadOnlyList<string>? Operations { get; init; }

    /// <summary>The roles that may use an operation, by its id or <c>*</c>.</summary>
    [Id(9)]
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Access { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>Whether calls are made with each employee's own sign-in.</summary>
    [Id(10)]
    public bool OnBehalfOfUser { get; init; }

    /// <summary>How many times what the template's limits say the tenant's plan allows; 1 by default.</summary>
    [Id(11)]
    public double? LimitFactor { get; init; }
}

/// <summary>Changes of an instance; what is null stays.</summary>
[GenerateSerializer]
[Alias("steward.update-connector")]
public sealed record UpdateConnector
{
    /// <summary>How people name it.</summary>
    [Id(0)]
    public string? Title { get; init; }

    /// <summary>Whether it is used at all.</summary>
    [Id(1)]
    public bool? Enabled { get; init; }

    /// <summary>The fields of the connection and of the sign-in that are no secrets, all of them.</summary>
    [Id(2)]
    public IReadOnlyDictionary<string, string>? Fields { get; init; }

    /// <summary>The operations that are switched on, all of them.</summary>
    [Id(3)]
    public IReadOnlyList<string>? Operations { get; init; }

    /// <summary>The roles that may use an operation, all of them.</summary>
    [Id(4)]
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Access { get; init; }

    /// <summary>The field mappings by operation as JSON, all of them.</summary>
    [Id(5)]
    public string? MappingsJson { get; init; }

    /// <summary>Takes the catalogue's present template instead of the one that is pinned.</summary>
    [Id(6)]
    public bool UpgradeTemplate { get; init; }

    /// <summary>The revision that is to be changed; null changes any.</summary>
    [Id(7)]
    public long? ExpectedRevision { get; init; }

    /// <summary>How often address and credentials are checked by themselves.</summary>
    [Id(8)]
    public TimeSpan? CheckEvery { get; init; }

    /// <summary>The accepted tools of a server of the Model Context Protocol as JSON, all of them: what the operation <c>tools.list</c> gives as <c>tool</c>.</summary>
    [Id(9)]
    public string? ToolsJson { get; init; }

    /// <summary>How many times what the template's limits say the tenant's plan allows.</summary>
    [Id(10)]
    public double? LimitFactor { get; init; }
}

/// <summary>What is known of an instance. Holds no secret.</summary>
[GenerateSerializer]
[Alias("steward.connector-info")]
public sealed record ConnectorInfo
{
    /// <summary>The name, for example <c>okta</c>.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>How people name it.</summary>
    [Id(1)]
    public required string Title { get; init; }

    /// <summary>The template.</summary>
    [Id(2)]
    public required string TemplateId { get; init; }

    /// <summary>Its version.</summary>
    [Id(3)]
    public required string TemplateVersion { get; init; }

    /// <summary>The hash of its text.</summary>
    [Id(4)]
    public required string TemplateHash { get; init; }

    /// <summary>The version of the catalogue's present template when it is another one.</summary>
    [Id(5)]
    public string? UpgradeTo { get; init; }

    /// <summary>The region.</summary>
    [Id(6)]
    public string? Region { get; init; }

    /// <summary>Where calls go.</summary>
    [Id(7)]
    public required string BaseUrl { get; init; }

    /// <summary>The fields that are no secrets.</summary>
    [Id(8)]
    public IReadOnlyDictionary<string, string> Fields { get; init; } = new Dictionary<string, string>();

    /// <summary>The way to sign in.</summary>
    [Id(9)]
    public required string AuthId { get; init; }

    /// <summary>The names of the secrets that the vault holds.</summary>
    [Id(10)]
    public IReadOnlyList<string> Secrets { get; init; } = [];

    /// <summary>The operations.</summary>
    [Id(11)]
    public IReadOnlyList<ConnectorOperationInfo> Operations { get; init; } = [];

    /// <summary>Whether calls are made with each employee's own sign-in.</summary>
    [Id(12)]
    public bool OnBehalfOfUser { get; init; }

    /// <summary>Whether it is used at all.</summary>
    [Id(13)]
    public bool Enabled { get; init; }

    /// <summary>Goes up by one with every change.</summary>
    [Id(14)]
    public long Revision { get; init; }

    /// <summary><c>active</c>, <c>expiring</c>, <c>broken</c> or <c>unverified</c>.</summary>
    [Id(15)]
    public required string State { get; init; }

    /// <summary>Why it is expiring or broken, and what mends it.</summary>
    [Id(16)]
    public string? StateReason { get; init; }

    /// <summary><c>closed</c>, <c>open</c> or <c>half_open</c>.</summary>
    [Id(17)]
    public required string Breaker { get; init; }

    /// <summary>From 0 (nothing works) to 1.</summary>
    [Id(18)]
    public double Health { get; init; }

    /// <summary>When the verification call last succeeded.</summary>
    [Id(19)]
    public DateTimeOffset? VerifiedAt { get; init; }

    /// <summary>The account that is signed in, as the system names it.</summary>
    [Id(20)]
    public string? Identity { get; init; }

    /// <summary>When it was created.</summary>
    [Id(21)]
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>The field mappings by operation as JSON.</summary>
    [Id(22)]
    public string? MappingsJson { get; init; }

    /// <summary>Seconds until the breaker would open if errors go on to grow as they do; null when nothing points to it.</summary>
    [Id(23)]
    public double? ForecastSeconds { get; init; }

    /// <summary>The operations whose answers are no longer what was promised or learnt.</summary>
    [Id(24)]
    public IReadOnlyList<ConnectorDrift> Drift { get; init; } = [];

    /// <summary>How many times what the template's limits say the tenant's plan allows, as the operator bounds it.</summary>
    [Id(25)]
    public double LimitFactor { get; init; } = 1;

    /// <summary>The regions in which the system may keep data; empty when nobody says.</summary>
    [Id(26)]
    public IReadOnlyList<string> Residency { get; init; } = [];

    /// <summary>Why the tenant would not allow these regions today; null when it does. An instance from before the tenant's setting goes on until it is switched off.</summary>
    [Id(27)]
    public string? ResidencyFault { get; init; }
}

/// <summary>An operation whose answers differ from what its template promises, or from what was learnt.</summary>
[GenerateSerializer]
[Alias("steward.connector-drift")]
public sealed record ConnectorDrift
{
    /// <summary>The id inside the template.</summary>
    [Id(0)]
    public required string Operation { get; init; }

    /// <summary>When it was first seen.</summary>
    [Id(1)]
    public required DateTimeOffset Since { get; init; }

    /// <summary>Whether what was right before may be wrong now.</summary>
    [Id(2)]
    public bool Breaking { get; init; }

    /// <summary>What is different.</summary>
    [Id(3)]
    public IReadOnlyList<ConnectorSchemaChange> Changes { get; init; } = [];

    /// <summary>The members of the operation's result that cannot be relied on any more.</summary>
    [Id(4)]
    public IReadOnlyList<string> BrokenFields { get; init; } = [];

    /// <summary>The field mappings that cannot be relied on any more, by what they write.</summary>
    [Id(5)]
    public IReadOnlyList<string> BrokenMappings { get; init; } = [];
}

/// <summary>One difference.</summary>
[GenerateSerializer]
[Alias("steward.connector-schema-change")]
public sealed record ConnectorSchemaChange
{
    /// <summary>The path in the system's answer, with <c>*</c> for the items of lists.</summary>
    [Id(0)]
    public required string Path { get; init; }

    /// <summary>For example <c>removed</c>, <c>type_changed</c>, <c>became_optional</c> or <c>optional_added</c>.</summary>
    [Id(1)]
    public required string Kind { get; init; }

    /// <summary>Whether what was right before may be wrong now.</summary>
    [Id(2)]
    public bool Breaking { get; init; }

    /// <summary>What was and what is. Holds no value.</summary>
    [Id(3)]
    public required string Message { get; init; }
}

/// <summary>One operation of an instance.</summary>
[GenerateSerializer]
[Alias("steward.connector-operation-info")]
public sealed record ConnectorOperationInfo
{
    /// <summary>The id inside the template.</summary>
    [Id(0)]
    public required string Id { get; init; }

    /// <summary>What it does.</summary>
    [Id(1)]
    public required string Summary { get; init; }

    /// <summary><c>read</c>, <c>write</c> or <c>destructive</c>.</summary>
    [Id(2)]
    public required string Effect { get; init; }

    /// <summary>Whether it is switched on.</summary>
    [Id(3)]
    public bool Enabled { get; init; }

    /// <summary>The roles that may use it; null for every employee.</summary>
    [Id(4)]
    public IReadOnlyList<string>? Roles { get; init; }

    /// <summary>Whether a person must agree.</summary>
    [Id(5)]
    public bool RequiresApproval { get; init; }
}

/// <summary>How a verification went.</summary>
[GenerateSerializer]
[Alias("steward.connector-verification")]
public sealed record ConnectorVerification
{
    /// <summary>Whether address and credentials are right.</summary>
    [Id(0)]
    public required bool Succeeded { get; init; }

    /// <summary>The signed-in account, as the system names it.</summary>
    [Id(1)]
    public string? Identity { get; init; }

    /// <summary>Why not: a code.</summary>
    [Id(2)]
    public string? Code { get; init; }

    /// <summary>Why not, in words.</summary>
    [Id(3)]
    public string? Message { get; init; }
}

/// <summary>An instance in the tenant's list.</summary>
[GenerateSerializer]
[Alias("steward.connector-entry")]
public sealed record ConnectorEntry
{
    /// <summary>The name.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>Its revision.</summary>
    [Id(1)]
    public required long Revision { get; init; }

    /// <summary>Whether it is used at all.</summary>
    [Id(2)]
    public required bool Enabled { get; init; }

    /// <summary>The length of the template's text where it is the tenant's own; 0 for those of the catalogue, which all tenants share.</summary>
    [Id(3)]
    public int TemplateCharacters { get; init; }
}

/// <summary>What calls are made with.</summary>
[GenerateSerializer]
[Alias("steward.connector-definition")]
public sealed record ConnectorDefinition
{
    /// <summary>The settings as JSON.</summary>
    [Id(0)]
    public required string InstanceJson { get; init; }

    /// <summary>The hash of the template's text.</summary>
    [Id(1)]
    public required string TemplateHash { get; init; }

    /// <summary>The template's text; null when it was not asked for.</summary>
    [Id(2)]
    public string? TemplateText { get; init; }
}
