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

    /// <summary>The regions of which one can be named when an instance is created; empty when there is one address.</summary>
    [Id(8)]
    public IReadOnlyList<string> Regions { get; init; } = [];

    /// <summary>The regions in which the vendor keeps data; empty when it does not say or it is the customer's own server.</summary>
    [Id(9)]
    public IReadOnlyList<string> Residency { get; init; } = [];
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
