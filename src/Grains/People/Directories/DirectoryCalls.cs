using System.Text.Json;
using Steward.Engines.Approvals.People;
using Steward.Engines.Connectors;

namespace Steward.People;

/// <summary>Asks one connector who works here.</summary>
/// <param name="Connectors">The tenant's connectors, as the platform may use them.</param>
/// <param name="Name">The connector.</param>
/// <param name="Timeout">How long one question may take.</param>
/// <param name="Time">The clock.</param>
internal sealed record DirectoryCalls(ITenantConnectors Connectors, string Name, TimeSpan Timeout, TimeProvider Time)
{
    private static readonly TimeSpan ShortestRest = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Whether a question that the system calls wrong means that there is nobody. True where the question holds nothing but a name or an address, for example one that is longer than any there; false where it also
    /// fails for what has nothing to do with who is asked for.
    /// </summary>
    public bool IsRefusalAnAnswer { get; init; } = true;

    /// <summary>The answer; null when what was asked for is not there.</summary>
    /// <exception cref="DirectoryUnavailableException">There is no answer.</exception>
    public async Task<JsonElement?> AskAsync(string operation, Dictionary<string, string> arguments, CancellationToken cancellationToken)
    {
        var deadline = Time.GetUtcNow() + Timeout;
        ActionOutcome outcome;
        while (true)
        {
            outcome = await Connectors.ExecuteAsync(
                new()
                {
                    ActionId = "directory-" + Guid.NewGuid().ToString("n"),
                    OperationId = $"{Name}.{operation}",
                    Arguments = JsonSerializer.SerializeToElement(arguments),
                    Deadline = deadline,
                },
                cancellationToken);

            // The people of a group are asked for all at once, which is more than some systems take in a second: that is no reason to leave anybody out, or to keep a request waiting.
            var rest = outcome is ActionFailed { Code: "rate_limited" } limited ? limited.RetryAfter ?? ShortestRest : TimeSpan.MaxValue;
            rest = rest < ShortestRest ? ShortestRest : rest;
            if (rest > deadline - Time.GetUtcNow())
            {
                break;
            }

            await Task.Delay(rest, Time, cancellationToken);
        }

        return outcome switch
        {
            ActionSucceeded succeeded => succeeded.Result,
            ActionFailed { Code: "not_found" } => null,
            ActionFailed { Code: "invalid_argument" } when IsRefusalAnAnswer => null,
            ActionFailed failed => throw new DirectoryUnavailableException($"{Name} does not say who works here: {failed.Message}"),
            _ => throw new DirectoryUnavailableException($"{Name} does not answer."),
        };
    }

    /// <summary>The items of an answer that is a list.</summary>
    public static JsonElement.ArrayEnumerator Items(JsonElement? found) =>
        found is { ValueKind: JsonValueKind.Object } answer && answer.TryGetProperty("items", out var items) && items.ValueKind == JsonValueKind.Array ? items.EnumerateArray() : default;

    /// <summary>Whether an answer that is a list says that there is more.</summary>
    public static bool IsCut(JsonElement? found) =>
        found is { ValueKind: JsonValueKind.Object } answer && answer.TryGetProperty("truncated", out var truncated) && truncated.ValueKind == JsonValueKind.True;

    /// <summary>A member that is a text; null when it is none.</summary>
    public static string? Text(JsonElement item, string name) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
