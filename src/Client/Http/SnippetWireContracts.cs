using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Sandbox;

namespace Steward.Client.Http;

/// <summary>Proposes the code of an execution as an example.</summary>
public sealed record ProposeSnippetRequest
{
    /// <summary>One of the caller's executions that finished.</summary>
    [Required]
    [Length(18, 66)]
    public string ExecutionId { get; set; } = "";

    /// <summary>What it does, in one line.</summary>
    [Required]
    [Length(1, 120)]
    public string Title { get; set; } = "";
}

/// <summary>Accepts or refuses a snippet.</summary>
public sealed record DecideSnippetRequest
{
    /// <summary>Whether agents are given it.</summary>
    [Required]
    public bool? Accepted { get; set; }
}

/// <summary>Whether snippets are switched on.</summary>
public sealed record SnippetSettingsResource
{
    /// <summary>Whether they may be proposed and are given to agents.</summary>
    [Required]
    public bool? Enabled { get; set; }
}

/// <summary>A snippet.</summary>
public sealed record SnippetResource
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>What it does.</summary>
    public required string Title { get; init; }

    /// <summary>python, shell or sql.</summary>
    public required string Language { get; init; }

    /// <summary>The code, with secrets and personal data masked.</summary>
    public required string Code { get; init; }

    /// <summary>proposed, accepted or refused.</summary>
    public required string State { get; init; }

    /// <summary>Who proposed it.</summary>
    public required string ProposedBy { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset ProposedAt { get; init; }

    /// <summary>Who decided.</summary>
    public string? DecidedBy { get; init; }

    /// <summary>When that was.</summary>
    public DateTimeOffset? DecidedAt { get; init; }

    /// <summary>A snippet as it goes over the wire.</summary>
    public static SnippetResource Of(SandboxSnippet snippet)
    {
        ArgumentNullException.ThrowIfNull(snippet);
        return new SnippetResource
        {
            Id = snippet.Id,
            Title = snippet.Title,
            Language = snippet.Language,
            Code = snippet.Code,
            State = snippet.IsAccepted switch { true => "accepted", false => "refused", _ => "proposed" },
            ProposedBy = snippet.ProposedBy,
            ProposedAt = snippet.ProposedAt,
            DecidedBy = snippet.DecidedBy,
            DecidedAt = snippet.DecidedAt,
        };
    }

    /// <summary>The snippet that it says.</summary>
    /// <exception cref="JsonException">It is in a state that nobody knows.</exception>
    public SandboxSnippet ToContract() => new()
    {
        Id = Id,
        Title = Title,
        Language = Language,
        Code = Code,
        ProposedBy = ProposedBy,
        ProposedAt = ProposedAt,
        IsAccepted = State switch { "accepted" => true, "refused" => false, "proposed" => null, _ => throw new JsonException("A snippet's state is proposed, accepted or refused.") },
        DecidedBy = DecidedBy,
        DecidedAt = DecidedAt,
    };
}

/// <summary>Snippets.</summary>
public sealed record SnippetListResource
{
    /// <summary>Newest first.</summary>
    public required IReadOnlyList<SnippetResource> Snippets { get; init; }
}

/// <summary>JSON of snippets.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    MaxDepth = 8)]
[JsonSerializable(typeof(ProposeSnippetRequest))]
[JsonSerializable(typeof(DecideSnippetRequest))]
[JsonSerializable(typeof(SnippetSettingsResource))]
[JsonSerializable(typeof(SnippetResource))]
[JsonSerializable(typeof(SnippetListResource))]
public sealed partial class SnippetWireJson : JsonSerializerContext
{
    /// <summary>How a client reads it: it passes over what a newer gateway adds.</summary>
    internal static SnippetWireJson Forgiving => field ??= new SnippetWireJson(ForgivingJson.Of(Default.Options));
}
