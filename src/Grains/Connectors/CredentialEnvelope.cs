using System.Text.Json;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Security;

namespace Steward.Connectors;

/// <summary>Seals credentials for their way between silos and opens them again, with the cluster's key and bound to the instance's grain.</summary>
internal sealed class CredentialEnvelope(SecretSealer sealer)
{
    /// <summary>Seals a credential.</summary>
    public SealedCredential Seal(Credential credential, string grainKey) => new()
    {
        Generation = credential.Generation,
        BaseUrl = credential.BaseUrl?.AbsoluteUri,
        Values = sealer.Seal(
            new SecretText(JsonSerializer.Serialize(credential.Values.ToDictionary(value => value.Key, value => value.Value.Reveal(), StringComparer.Ordinal))),
            Place(grainKey)),
    };

    /// <summary>Opens a credential; null when it was changed on the way or sealed for another instance.</summary>
    public Credential? Open(SealedCredential? credential, string grainKey)
    {
        if (credential is null || !sealer.TryOpen(credential.Values, Place(grainKey), out var text))
        {
            return null;
        }

        var values = JsonSerializer.Deserialize<Dictionary<string, string>>(text.Reveal())!;
        return new Credential(
            credential.Generation,
            values.ToDictionary(value => value.Key, value => new SecretText(value.Value), StringComparer.Ordinal),
            credential.BaseUrl is { } url ? new Uri(url) : null);
    }

    private static string Place(string grainKey) => grainKey + "#credential";
}
