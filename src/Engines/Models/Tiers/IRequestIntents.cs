namespace Steward.Engines.Models.Tiers;

/// <summary>Says which intents there are. The composition gives one beside its <see cref="IRequestClassifier"/>.</summary>
public interface IRequestIntents
{
    /// <summary>All that a request of the tenant may be recognised as; null when that is not known now.</summary>
    IReadOnlyList<string>? Of(string tenantId);
}
