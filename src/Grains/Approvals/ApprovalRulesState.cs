using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Engines.Approvals.People;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Approvals;

/// <summary>A tenant's rule set, its versions and delegations, folded from the journal. Texts of earlier versions stay in the journal.</summary>
internal sealed class ApprovalRulesState : IFolded
{
    /// <summary>The most versions that can be listed and gone back to.</summary>
    public const int MaxVersions = 200;

    /// <inheritdoc/>
    public long PurgedThrough { get; set; }

    /// <summary>The versions, oldest first.</summary>
    public List<PublishedVersion> Versions { get; set; } = [];

    /// <summary>The text of the last version; empty before the first.</summary>
    public string Text { get; set; } = "";

    /// <summary>The delegations, oldest first; those that are over go when another comes.</summary>
    public List<DelegationView> Delegations { get; set; } = [];

    /// <summary>Grows with each change of the delegations.</summary>
    public long DelegationsVersion { get; set; }

    /// <summary>Whose delegations changed without that their open requests were told, by address, with the sequence number of the last such change.</summary>
    public Dictionary<string, long> UntoldSince { get; set; } = new(StringComparer.Ordinal);

    [JsonIgnore]
    public int Version => Versions.Count == 0 ? 0 : Versions[^1].Version;

    public void Apply(JournalEntry entry)
    {
        switch (entry.Type)
        {
            case ApprovalRulesRecordTypes.Published:
                var published = JsonSerializer.Deserialize(entry.Payload.Span, ApprovalRulesJson.Default.RulesPublished)!;
                Text = published.Text;
                Versions.Add(new PublishedVersion
                {
                    Version = published.Version,
                    By = published.By,
                    At = entry.At,
                    Comment = published.Comment,
                    RollsBackTo = published.RollsBackTo,
                    StandsAt = entry.Sequence,
                });
                if (Versions.Count > MaxVersions)
                {
                    Versions.RemoveAt(0);
                }

                break;
            case ApprovalRulesRecordTypes.DelegationAdded:
                var added = JsonSerializer.Deserialize(entry.Payload.Span, ApprovalRulesJson.Default.DelegationView)!;
                Delegations.RemoveAll(delegation => delegation.DelegationId == added.DelegationId || delegation.Ends <= entry.At);
                Delegations.Add(added);
                DelegationsVersion = entry.Sequence;
                UntoldSince[added.From] = entry.Sequence;
                break;
            case ApprovalRulesRecordTypes.DelegationRemoved:
                var removed = JsonSerializer.Deserialize(entry.Payload.Span, ApprovalRulesJson.Default.DelegationRemoved)!;
                Delegations.FindAll(delegation => delegation.DelegationId == removed.DelegationId).ForEach(delegation => UntoldSince[delegation.From] = entry.Sequence);
                Delegations.RemoveAll(delegation => delegation.DelegationId == removed.DelegationId);
                DelegationsVersion = entry.Sequence;
                break;
            case ApprovalRulesRecordTypes.AddressKnown:
                var known = JsonSerializer.Deserialize(entry.Payload.Span, ApprovalRulesJson.Default.AddressKnown)!;
                Delegations = Delegations.ConvertAll(delegation => delegation with
                {
                    FromUserId = delegation.FromUserId ?? (delegation.From == known.Address ? known.UserId : null),
                    ToUserId = delegation.ToUserId ?? (delegation.To == known.Address ? known.UserId : null),
                });
                DelegationsVersion = entry.Sequence;
                break;
            case ApprovalRulesRecordTypes.DelegationsTold:
                // What came meanwhile is still to be told.
                var told = JsonSerializer.Deserialize(entry.Payload.Span, ApprovalRulesJson.Default.DelegationsTold)!;
                told.People.FindAll(person => UntoldSince.GetValueOrDefault(person) <= told.Through).ForEach(person => UntoldSince.Remove(person));
                break;
            default:
                break;
        }
    }
}

/// <summary>A version without its text.</summary>
internal sealed record PublishedVersion
{
    public required int Version { get; init; }

    public required string By { get; init; }

    public required DateTimeOffset At { get; init; }

    public string? Comment { get; init; }

    public int? RollsBackTo { get; init; }

    /// <summary>The sequence number of the entry with the text.</summary>
    public required long StandsAt { get; init; }

    public ApprovalRuleSet ToRuleSet(string text) => new() { Version = Version, Text = text, By = By, At = At, Comment = Comment, RollsBackTo = RollsBackTo };
}

/// <summary>The record types in the journal of a tenant's rules.</summary>
internal static class ApprovalRulesRecordTypes
{
    public const string Published = "rules.published";
    public const string DelegationAdded = "delegation.added";
    public const string DelegationRemoved = "delegation.removed";
    public const string AddressKnown = "delegation.address_known";
    public const string DelegationsTold = "delegation.told";
}

/// <summary>Another rule set holds.</summary>
internal sealed record RulesPublished
{
    public required int Version { get; init; }

    public required string Text { get; init; }

    public required string By { get; init; }

    public string? Comment { get; init; }

    public int? RollsBackTo { get; init; }
}

/// <summary>A delegation was ended.</summary>
internal sealed record DelegationRemoved
{
    public required string DelegationId { get; init; }

    public required string By { get; init; }
}

/// <summary>Somebody surely came with an address that delegations name: from now on they are meant, whoever gets the address later.</summary>
internal sealed record AddressKnown
{
    public required string Address { get; init; }

    public required string UserId { get; init; }
}

/// <summary>Open requests know of changed delegations.</summary>
internal sealed record DelegationsTold
{
    /// <summary>Whose, by address.</summary>
    public required List<string> People { get; init; }

    /// <summary>The sequence number of the last change that they know of.</summary>
    public long Through { get; init; }
}

/// <summary>Delegations as the engine knows them.</summary>
internal static class DelegationViews
{
    public static Delegation ToDelegation(this DelegationView view) =>
        new() { DelegationId = view.DelegationId, From = view.From, To = view.To, Begins = view.Begins, Ends = view.Ends, Types = view.Types, FromUserId = view.FromUserId, ToUserId = view.ToUserId };
}

/// <summary>JSON of the journal of a tenant's rules.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ApprovalRulesState))]
[JsonSerializable(typeof(RulesPublished))]
[JsonSerializable(typeof(DelegationView))]
[JsonSerializable(typeof(DelegationRemoved))]
[JsonSerializable(typeof(AddressKnown))]
[JsonSerializable(typeof(DelegationsTold))]
internal sealed partial class ApprovalRulesJson : JsonSerializerContext;
