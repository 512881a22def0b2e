namespace Steward.Connectors;

/// <summary>A template in the catalogue.</summary>
[GenerateSerializer]
[Alias("steward.connector-template-info")]
public sealed record ConnectorTemplateInfo
{
    /// <summary>The id.</summary>
    [Id(0)]
    public required string TemplateId { get; init; }

    /// <summary>The version.</summary>
    [Id(1)]
    public required string Version { get; init; }

    /// <summary>The product's name.</summary>
    [Id(2)]
    public required string Name { get; init; }

    /// <summary>What it is used for.</summary>
    [Id(3)]
    public required string Description { get; init; }

    /// <summary>What kind of product it is.</summary>
    [Id(4)]
    public IReadOnlyList<string> Categories { get; init; } = [];

    /// <summary><c>standard</c> or <c>deep</c>.</summary>
    [Id(5)]
    public required string Depth { get; init; }

    /// <summary>How many operations it has.</summary>
    [Id(6)]
    public int Operations { get; init; }

    /// <summary>The ways to sign in.</summary>
    [Id(7)]
    public IReadOnlyList<string> Auth { get; init; } = [];
}

/// <summary>A template's text.</summary>
[GenerateSerializer]
[Alias("steward.connector-template-text")]
public sealed record ConnectorTemplateText
{
    /// <summary>The id.</summary>
    [Id(0)]
    public required string TemplateId { get; init; }

    /// <summary>SHA-256 of the text in lower-case hexadecimal.</summary>
    [Id(1)]
    public required string Hash { get; init; }

    /// <summary>The text, YAML.</summary>
    [Id(2)]
    public required string Text { get; init; }
}

/// <summary>A draft of a template.</summary>
[GenerateSerializer]
[Alias("steward.connector-template-draft")]
public sealed record ConnectorTemplateDraft
{
    /// <summary>The draft, YAML: complete it and create an instance with it.</summary>
    [Id(0)]
    public required string Text { get; init; }

    /// <summary>How many operations it has.</summary>
    [Id(1)]
    public int Operations { get; init; }

    /// <summary>What the document does not say, and what to do about it.</summary>
    [Id(2)]
    public IReadOnlyList<string> Gaps { get; init; } = [];

    /// <summary>What is odd about the document.</summary>
    [Id(3)]
    public IReadOnlyList<string> Warnings { get; init; } = [];
}

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

/// <summary>One call that somebody wants to make.</summary>
[GenerateSerializer]
[Alias("steward.connector-intent")]
public sealed record ConnectorIntent
{
    /// <summary>The operation's id inside the template.</summary>
    [Id(0)]
    public required string OperationId { get; init; }

    /// <summary>Units of the limits.</summary>
    [Id(1)]
    public required int Cost { get; init; }

    /// <summary>The resource, for limits of that scope.</summary>
    [Id(2)]
    public string? ResourceKey { get; init; }

    /// <summary>Whose own sign-in is to be used.</summary>
    [Id(3)]
    public string? UserId { get; init; }

    /// <summary>Whether an earlier attempt of the same call failed.</summary>
    [Id(4)]
    public bool IsRetry { get; init; }
}

/// <summary>The answer to a <see cref="ConnectorIntent"/>.</summary>
[GenerateSerializer]
[Alias("steward.connector-permit")]
public sealed record ConnectorPermit
{
    /// <summary>Identifies the permit in the report.</summary>
    [Id(0)]
    public long Id { get; init; }

    /// <summary>What the call is made with.</summary>
    [Id(1)]
    public SealedCredential? Credential { get; init; }

    /// <summary>Why it was refused; null when it may be made.</summary>
    [Id(2)]
    public string? Refusal { get; init; }

    /// <summary>The same in words.</summary>
    [Id(3)]
    public string? Message { get; init; }

    /// <summary>When it is worth asking again.</summary>
    [Id(4)]
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether the grain would like to know what the answer looks like.</summary>
    [Id(5)]
    public bool WantsShape { get; init; }
}

/// <summary>A credential on its way between silos.</summary>
[GenerateSerializer]
[Alias("steward.sealed-credential")]
public sealed record SealedCredential
{
    /// <summary>Goes up with every renewal.</summary>
    [Id(0)]
    public required long Generation { get; init; }

    /// <summary>The values as JSON, sealed with the cluster's key for the grain.</summary>
    [Id(1)]
    public required string Values { get; init; }

    /// <summary>The address that the token answer named.</summary>
    [Id(2)]
    public string? BaseUrl { get; init; }
}

/// <summary>How a permitted call ended.</summary>
[GenerateSerializer]
[Alias("steward.connector-report")]
public sealed record ConnectorReport
{
    /// <summary>The permit.</summary>
    [Id(0)]
    public required long PermitId { get; init; }

    /// <summary>The operation's id inside the template.</summary>
    [Id(1)]
    public required string OperationId { get; init; }

    /// <summary><c>succeeded</c>, <c>unknown</c> or a code.</summary>
    [Id(2)]
    public required string Outcome { get; init; }

    /// <summary>Whether the breaker counts it as a failure.</summary>
    [Id(3)]
    public required bool IsFailure { get; init; }

    /// <summary>The status.</summary>
    [Id(4)]
    public int? Status { get; init; }

    /// <summary>How long it took.</summary>
    [Id(5)]
    public required TimeSpan Duration { get; init; }

    /// <summary>The system's own limit.</summary>
    [Id(6)]
    public long? Limit { get; init; }

    /// <summary>What is left of it.</summary>
    [Id(7)]
    public long? Remaining { get; init; }

    /// <summary>Until it begins anew.</summary>
    [Id(8)]
    public TimeSpan? ResetAfter { get; init; }

    /// <summary>How long the system asks to wait.</summary>
    [Id(9)]
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The resource whose limits were hit.</summary>
    [Id(10)]
    public string? ResourceKey { get; init; }

    /// <summary>What the answer looked like as JSON, types without values, when the grain asked for it.</summary>
    [Id(11)]
    public string? ShapeJson { get; init; }
}

/// <summary>An operation that a caller may use.</summary>
[GenerateSerializer]
[Alias("steward.connector-tool")]
public sealed record ConnectorTool
{
    /// <summary>The id inside the template, for example <c>users.get</c>.</summary>
    [Id(0)]
    public required string Operation { get; init; }

    /// <summary>What it does and what its result looks like.</summary>
    [Id(1)]
    public required string Description { get; init; }

    /// <summary><c>read</c>, <c>write</c> or <c>destructive</c>.</summary>
    [Id(2)]
    public required string Effect { get; init; }

    /// <summary>JSON Schema of the arguments.</summary>
    [Id(3)]
    public required string InputSchemaJson { get; init; }
}

/// <summary>One call.</summary>
[GenerateSerializer]
[Alias("steward.connector-call-command")]
public sealed record ConnectorCallCommand
{
    /// <summary>The instance's name.</summary>
    [Id(0)]
    public required string Instance { get; init; }

    /// <summary>The operation's id inside the template.</summary>
    [Id(1)]
    public required string Operation { get; init; }

    /// <summary>The arguments, a JSON object.</summary>
    [Id(2)]
    public required string ArgumentsJson { get; init; }

    /// <summary>Identifies the intended effect; a repetition carries the same.</summary>
    [Id(3)]
    public required string ActionId { get; init; }

    /// <summary>When the caller stops waiting.</summary>
    [Id(4)]
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>Whether the effect is only to be shown.</summary>
    [Id(5)]
    public bool DryRun { get; init; }
}

/// <summary>How a call ended.</summary>
[GenerateSerializer]
[Alias("steward.connector-call-result")]
public sealed record ConnectorCallResult
{
    /// <summary><c>succeeded</c>, <c>unknown</c> or a code, <c>approval_required</c> among them.</summary>
    [Id(0)]
    public required string Outcome { get; init; }

    /// <summary>The result, a JSON object.</summary>
    [Id(1)]
    public string? ResultJson { get; init; }

    /// <summary>What went wrong, safe to show.</summary>
    [Id(2)]
    public string? Message { get; init; }

    /// <summary>Whether the same call may succeed later.</summary>
    [Id(3)]
    public bool IsRetryable { get; init; }

    /// <summary>When it is worth trying again.</summary>
    [Id(4)]
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The argument that was refused.</summary>
    [Id(5)]
    public string? Field { get; init; }

    /// <summary>The system's own id of the request.</summary>
    [Id(6)]
    public string? VendorRequestId { get; init; }
}

/// <summary>One call in the audit log. Holds no secret.</summary>
[GenerateSerializer]
[Alias("steward.connector-audit-entry")]
public sealed record ConnectorAuditEntry
{
    /// <summary>The position in the tenant's log; 0 before it was written.</summary>
    [Id(0)]
    public long Sequence { get; init; }

    /// <summary>When the call began.</summary>
    [Id(1)]
    public required DateTimeOffset At { get; init; }

    /// <summary>The instance's name.</summary>
    [Id(2)]
    public required string Instance { get; init; }

    /// <summary>The operation's id inside the template.</summary>
    [Id(3)]
    public required string Operation { get; init; }

    /// <summary>Who asked.</summary>
    [Id(4)]
    public string? UserId { get; init; }

    /// <summary>Whose sign-in was used; null for the instance's own account.</summary>
    [Id(5)]
    public string? OnBehalfOf { get; init; }

    /// <summary>The action's id.</summary>
    [Id(6)]
    public required string ActionId { get; init; }

    /// <summary>SHA-256 of the canonical arguments.</summary>
    [Id(7)]
    public required string ArgumentsHash { get; init; }

    /// <summary>The arguments as JSON, redacted.</summary>
    [Id(8)]
    public required string Arguments { get; init; }

    /// <summary><c>succeeded</c>, <c>unknown</c> or a code.</summary>
    [Id(9)]
    public required string Outcome { get; init; }

    /// <summary>The status of the last answer.</summary>
    [Id(10)]
    public int? Status { get; init; }

    /// <summary>The system's own id of the last request.</summary>
    [Id(11)]
    public string? VendorRequestId { get; init; }

    /// <summary>Requests that were sent.</summary>
    [Id(12)]
    public int Attempts { get; init; }

    /// <summary>From the first to the last.</summary>
    [Id(13)]
    public required TimeSpan Duration { get; init; }

    /// <summary>Units of the limits that were used.</summary>
    [Id(14)]
    public int Cost { get; init; }
}
