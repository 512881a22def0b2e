using System.Buffers;
using System.Text.Json;
using Steward.Client.Http;
using Steward.Errors;
using Steward.Gateway.Access;
using Steward.Gateway.Api;
using Steward.Identity;
using Steward.Models;
using Steward.Runs;

namespace Steward.Gateway.OpenAI;

/// <summary>What a request of the endpoint says beside its body: tags, feature, team, conversation.</summary>
internal static class CallContext
{
    private const int MaxTags = 32;
    private const int MaxDepth = 64;

    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

    /// <summary>Reads the body, which has to be a JSON object.</summary>
    public static async Task<JsonDocument> ReadAsync(HttpContext context, int maxBytes)
    {
        if (!context.Request.HasJsonContentType())
        {
            throw new StewardException(WireCodes.UnsupportedMediaType, "The body must be JSON: send Content-Type: application/json.") { Field = "Content-Type" };
        }

        var body = await RawBody.ReadAsync(context, maxBytes);
        try
        {
            var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document;
            }

            document.Dispose();
            throw new StewardException(ErrorCodes.InvalidArgument, "The body must be a JSON object.");
        }
        catch (JsonException e)
        {
            throw new StewardException(ErrorCodes.InvalidArgument, "The body is not valid JSON, nests too deep or has a member twice.", e);
        }
    }

    /// <summary>A new call's id.</summary>
    public static string NewCallId() => $"mc-{Guid.CreateVersion7():N}";

    /// <summary>Puts what the headers say on a call.</summary>
    /// <exception cref="StewardException">A header is malformed, or names a team that is not the caller's.</exception>
    public static StartModelCall Apply(StartModelCall call, HttpRequest request, CallerIdentity caller, string? user, IReadOnlyDictionary<string, string> metadata) => call with
    {
        Feature = Name(request, "x-steward-feature")?.ToLowerInvariant() ?? "api",
        Team = AskedTeam(request, caller) ?? WellKnownRoles.TeamOf(caller.Roles),
        Tags = TagsOf(request, user, metadata),
        ConversationId = Header(request, "x-steward-conversation", 200),
        SharesAnswers = Name(request, "x-steward-cache-scope")?.ToLowerInvariant() switch
        {
            null or "person" => false,
            "roles" => true,
            _ => throw StewardException.Invalid("x-steward-cache-scope", "must be person, the default, or roles: then answers are shared with those who have the same roles."),
        },
        NoCache = request.GetTypedHeaders().CacheControl is { NoCache: true } or { NoStore: true },
    };

    /// <summary>How an agent's run is counted, by the same headers.</summary>
    /// <param name="agent">The agent; empty for the default one.</param>
    /// <param name="request">The request with its headers.</param>
    /// <param name="caller">Whose.</param>
    /// <param name="user">The member <c>user</c> of the body.</param>
    /// <param name="metadata">The member <c>metadata</c>.</param>
    /// <exception cref="StewardException">A header is malformed, or names a team that is not the caller's.</exception>
    public static RunRequestOptions ForRun(string agent, HttpRequest request, CallerIdentity caller, string? user, IReadOnlyDictionary<string, string> metadata) => new()
    {
        Agent = agent.Length > 0 ? agent : null,
        Feature = Name(request, "x-steward-feature")?.ToLowerInvariant() ?? "api",
        Team = AskedTeam(request, caller),
        Tags = TagsOf(request, user, metadata) is { Count: > 0 } tags ? tags : null,
        IsExternal = true,
    };

    /// <summary>A header's value; null when it is absent.</summary>
    public static string? Header(HttpRequest request, string name, int longest)
    {
        var values = request.Headers[name];
        return values.Count == 0 || string.IsNullOrEmpty(values[0]) ? null
            : values.Count == 1 && values[0]!.Length <= longest && !values[0].AsSpan().ContainsAnyExceptInRange('!', '~') ? values[0]
            : throw StewardException.Invalid(name, $"must be one value of at most {longest} printable ASCII characters without spaces.");
    }

    // Which teams a person is in is what the identity provider says; whoever is in several names one.
    private static string? AskedTeam(HttpRequest request, CallerIdentity caller)
    {
        var asked = Name(request, "x-steward-team")?.ToLowerInvariant();
        return asked is null || caller.Roles.Contains(WellKnownRoles.TeamPrefix + asked) ? asked : throw StewardException.Forbidden($"x-steward-team: you do not have the role {WellKnownRoles.TeamPrefix}{asked}.");
    }

    private static Dictionary<string, string> TagsOf(HttpRequest request, string? user, IReadOnlyDictionary<string, string> metadata)
    {
        var tags = new Dictionary<string, string>(metadata, StringComparer.Ordinal);
        if (user is { Length: > 0 })
        {
            tags["user"] = user;
        }

        foreach (var pair in request.Headers["x-steward-tags"].SelectMany(value => (value ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals is < 1 or > 64 || pair.AsSpan(0, equals).ContainsAnyExcept(NameCharacters) || pair.Length - equals - 1 > 512)
            {
                throw StewardException.Invalid("x-steward-tags", "must be pairs such as team=payments,project=atlas, with names of a-z, A-Z, 0-9, dot, underscore and hyphen.");
            }

            tags[pair[..equals]] = pair[(equals + 1)..];
        }

        return tags.Count <= MaxTags ? tags : throw StewardException.Invalid("x-steward-tags", $"must be at most {MaxTags} tags, user and metadata among them.");
    }

    private static string? Name(HttpRequest request, string header) => Header(request, header, 64) is not { } value ? null
        : value.AsSpan().ContainsAnyExcept(NameCharacters) ? throw StewardException.Invalid(header, "must be 1 to 64 characters of a-z, 0-9, dot, underscore and hyphen.")
        : value;
}
