using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Instances;

/// <summary>
/// A tenant's own connection to an external system: address, credentials by reference and choices. Written as JSON with <see cref="TemplateJson"/>; add only.
/// </summary>
public sealed record ConnectorInstance
{
    /// <summary>The tenant, for example <c>t-acme</c>.</summary>
    public required string TenantId { get; init; }

    /// <summary>The name, unique in the tenant, for example <c>okta</c>; operations are <c>{name}.{operation}</c>. Lower-case letters, digits and hyphens, at most 40.</summary>
    public required string Name { get; init; }

    /// <summary>How people name it.</summary>
    public required string Title { get; init; }

    /// <summary>The template's id.</summary>
    public required string TemplateId { get; init; }

    /// <summary>The template's version at creation or the last upgrade.</summary>
    public required string TemplateVersion { get; init; }

    /// <summary>The hash of the template's text: what the tenant agreed to.</summary>
    public required string TemplateHash { get; init; }

    /// <summary>The region, one of the template's.</summary>
    public string? Region { get; init; }

    /// <summary>An address instead of the template's.</summary>
    public string? BaseUrl { get; init; }

    /// <summary>The connection's fields and the sign-in's fields that are no secrets.</summary>
    public IReadOnlyDictionary<string, string> Fields { get; init; } = new Dictionary<string, string>();

    /// <summary>Which of the template's ways to sign in.</summary>
    public required string AuthId { get; init; }

    /// <summary>The names of the secrets that the vault holds for it; never their values.</summary>
    public IReadOnlyList<string> Secrets { get; init; } = [];

    /// <summary>The operations that are switched on; null for all that only read.</summary>
    public IReadOnlyList<string>? Operations { get; init; }

    /// <summary>The roles that may use an operation, by its id or <c>*</c>; an operation without an entry is open to every employee of the tenant. The tenant's policy decides beyond that.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Access { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>Whether calls are made with each employee's own sign-in, so that the target system's rights for that person hold.</summary>
    public bool OnBehalfOfUser { get; init; }

    /// <summary>Field mappings by operation id; see <see cref="FieldMapping"/>.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<FieldMapping>> Mappings { get; init; } = new Dictionary<string, IReadOnlyList<FieldMapping>>();

    /// <summary>The tools that an administrator accepted, for instances of <see cref="TemplateKind.Mcp"/>; others have none.</summary>
    public IReadOnlyList<Mcp.McpTool> Tools { get; init; } = [];

    /// <summary>How many times what the template's limits say the tenant's plan with the vendor allows; 1, what they say, when null. The operator bounds it.</summary>
    public double? LimitFactor { get; init; }

    /// <summary>How often address, credentials and schemas are checked by themselves.</summary>
    public TimeSpan CheckEvery { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Whether it is used at all.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Goes up by one with every change.</summary>
    public long Revision { get; init; }
}

/// <summary>One field of arguments or results that is called or written otherwise in this tenant.</summary>
public sealed record FieldMapping
{
    /// <summary>Whether arguments on their way out or results on their way in are meant.</summary>
    public required MappingDirection Direction { get; init; }

    /// <summary>The path that is read; null with <see cref="Function"/> <c>constant</c>.</summary>
    public string? From { get; init; }

    /// <summary>The path that is written.</summary>
    public required string To { get; init; }

    /// <summary>A typed function, for example <c>lower</c> or <c>date(yyyy-MM-dd)</c>; as it is when null.</summary>
    public string? Function { get; init; }

    /// <summary>The value where nothing is read.</summary>
    public System.Text.Json.JsonElement? Default { get; init; }
}

/// <summary>Which way a mapping works.</summary>
public enum MappingDirection
{
    /// <summary>Arguments, before they are sent.</summary>
    Out,

    /// <summary>Results, before they are given back.</summary>
    In,
}

/// <summary>An instance with its template.</summary>
/// <param name="Instance">The instance.</param>
/// <param name="Template">The template, the very text that <see cref="ConnectorInstance.TemplateHash"/> names.</param>
public sealed record ResolvedInstance(ConnectorInstance Instance, ConnectorTemplate Template);
