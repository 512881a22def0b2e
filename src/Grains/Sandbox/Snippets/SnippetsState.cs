using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Sandbox.Snippets;

/// <summary>A tenant's snippets, folded from their journal. Pure.</summary>
internal sealed class SnippetsState : IFolded
{
    /// <inheritdoc/>
    public long PurgedThrough { get; set; }

    /// <summary>Whether an admin has switched it on.</summary>
    public bool IsEnabled { get; set; }

    /// <summary>By id.</summary>
    public Dictionary<string, SnippetKept> Snippets { get; set; } = [];

    /// <summary>The last entry that removed one; what it was must not stay in older entries.</summary>
    public long PurgeDue { get; set; }

    /// <inheritdoc/>
    public void Apply(JournalEntry entry)
    {
        if (entry.Payload.IsEmpty)
        {
            return;
        }

        switch (entry.Type)
        {
            case SnippetRecordTypes.Configured:
                IsEnabled = JsonSerializer.Deserialize(entry.Payload.Span, SnippetJson.Default.SnippetsConfigured)!.IsEnabled;
                break;
            case SnippetRecordTypes.Proposed:
                var proposed = JsonSerializer.Deserialize(entry.Payload.Span, SnippetJson.Default.SnippetKept)!;
                Snippets.TryAdd(proposed.Id, proposed);
                break;
            case SnippetRecordTypes.Decided:
                var decided = JsonSerializer.Deserialize(entry.Payload.Span, SnippetJson.Default.SnippetDecided)!;
                if (Snippets.TryGetValue(decided.Id, out var kept))
                {
                    Snippets[decided.Id] = kept with { Decision = decided };
                }

                break;
            case SnippetRecordTypes.Removed:
                if (Snippets.Remove(JsonSerializer.Deserialize(entry.Payload.Span, SnippetJson.Default.SnippetRemoved)!.Id))
                {
                    PurgeDue = entry.Sequence;
                }

                break;
        }
    }
}

/// <summary>The record types in the journal of a tenant's snippets.</summary>
internal static class SnippetRecordTypes
{
    public const string Configured = "snippets.configured";
    public const string Proposed = "snippets.proposed";
    public const string Decided = "snippets.decided";
    public const string Removed = "snippets.removed";
}

/// <summary>An admin switched it on or off.</summary>
internal sealed record SnippetsConfigured(bool IsEnabled, string By);

/// <summary>A snippet as it is kept: its code is masked, and sealed for its tenant and id.</summary>
internal sealed record SnippetKept
{
    public required string Id { get; init; }

    public required string Title { get; init; }

    public required string Language { get; init; }

    public required string SealedCode { get; init; }

    public required string By { get; init; }

    public required DateTimeOffset At { get; init; }

    public SnippetDecided? Decision { get; init; }
}

/// <summary>An admin decided.</summary>
internal sealed record SnippetDecided
{
    public required string Id { get; init; }

    public required bool IsAccepted { get; init; }

    public required string By { get; init; }

    public required DateTimeOffset At { get; init; }
}

/// <summary>Somebody removed one.</summary>
internal sealed record SnippetRemoved(string Id, string By);

/// <summary>JSON of the journal of a tenant's snippets.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SnippetsState))]
[JsonSerializable(typeof(SnippetsConfigured))]
[JsonSerializable(typeof(SnippetKept))]
[JsonSerializable(typeof(SnippetDecided))]
[JsonSerializable(typeof(SnippetRemoved))]
internal sealed partial class SnippetJson : JsonSerializerContext;
