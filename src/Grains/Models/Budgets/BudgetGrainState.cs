using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Engines.Models.Budgets;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Models;

/// <summary>The budgets as their journal tells them.</summary>
internal sealed class BudgetGrainState : IFolded
{
    /// <inheritdoc/>
    public long PurgedThrough { get; set; }

    [JsonIgnore]
    public BudgetBook Book { get; } = new();

    public long Version
    {
        get => Book.Version;
        set => Book.Version = value;
    }

    public DateTimeOffset PruneAt
    {
        get => Book.PruneAt;
        set => Book.PruneAt = value;
    }

    public IReadOnlyList<BudgetDefinition> Definitions
    {
        get => [.. Book.Definitions.Values];
        set
        {
            foreach (var definition in value)
            {
                Book.Definitions[definition.Id] = definition;
            }
        }
    }

    public IReadOnlyList<BudgetCount> Counts
    {
        get => [.. Book.Counts.Values];
        set
        {
            foreach (var count in value)
            {
                Book.Counts[count.Key] = count;
            }
        }
    }

    public IReadOnlyDictionary<string, BudgetLease> Leases
    {
        get => Book.Leases;
        set
        {
            foreach (var (id, lease) in value)
            {
                Book.Leases[id] = lease;
            }
        }
    }

    /// <inheritdoc/>
    public void Apply(JournalEntry entry)
    {
        // Types that a newer release wrote are passed over.
        BudgetFact? fact = entry.Type switch
        {
            BudgetFactTypes.Set => JsonSerializer.Deserialize(entry.Payload.Span, BudgetJson.Default.BudgetSet),
            BudgetFactTypes.Deleted => JsonSerializer.Deserialize(entry.Payload.Span, BudgetJson.Default.BudgetDeleted),
            BudgetFactTypes.Exchanged => JsonSerializer.Deserialize(entry.Payload.Span, BudgetJson.Default.BudgetExchanged),
            BudgetFactTypes.LeaseLost => JsonSerializer.Deserialize(entry.Payload.Span, BudgetJson.Default.BudgetLeaseLost),
            BudgetFactTypes.LeaseBack => JsonSerializer.Deserialize(entry.Payload.Span, BudgetJson.Default.BudgetLeaseBack),
            BudgetFactTypes.Told => JsonSerializer.Deserialize(entry.Payload.Span, BudgetJson.Default.BudgetTold),
            _ => null,
        };
        if (fact is not null)
        {
            Book.Apply(fact, entry.At);
        }
    }
}

/// <summary>The types of the journal's entries.</summary>
internal static class BudgetFactTypes
{
    public const string Set = "budget.set";
    public const string Deleted = "budget.deleted";
    public const string Exchanged = "budget.exchanged";
    public const string LeaseLost = "budget.lease-lost";
    public const string LeaseBack = "budget.lease-back";
    public const string Told = "budget.told";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, UseStringEnumConverter = true)]
[JsonSerializable(typeof(BudgetGrainState))]
[JsonSerializable(typeof(BudgetSet))]
[JsonSerializable(typeof(BudgetDeleted))]
[JsonSerializable(typeof(BudgetExchanged))]
[JsonSerializable(typeof(BudgetLeaseLost))]
[JsonSerializable(typeof(BudgetLeaseBack))]
[JsonSerializable(typeof(BudgetTold))]
internal sealed partial class BudgetJson : JsonSerializerContext;
