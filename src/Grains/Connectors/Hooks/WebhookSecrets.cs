using System.Globalization;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Security;

namespace Steward.Connectors;

/// <summary>The secret that an instance's webhooks are verified with, and for a while the one before it. Pure; the names are those of values in the vault.</summary>
internal static class WebhookSecrets
{
    // No template can have fields of these names.
    private const string Before = InstanceRules.WebhookSecret + "~before";
    private const string Until = InstanceRules.WebhookSecret + "~until";

    /// <summary>Keeps the secret that is about to be replaced, until a time.</summary>
    /// <param name="next">The values that will be written.</param>
    /// <param name="present">Those that stand.</param>
    /// <param name="until">Until when the one before is good; a time that is past keeps none.</param>
    /// <param name="now">The time.</param>
    /// <returns>Whether one is kept.</returns>
    public static bool Keep(Dictionary<string, SecretText> next, IReadOnlyDictionary<string, SecretText> present, DateTimeOffset until, DateTimeOffset now)
    {
        if (!next.TryGetValue(InstanceRules.WebhookSecret, out var secret) || !present.TryGetValue(InstanceRules.WebhookSecret, out var before) || before.Equals(secret))
        {
            return false;
        }

        next.Remove(Before);
        next.Remove(Until);
        if (until <= now)
        {
            return false;
        }

        next[Before] = before;
        next[Until] = new SecretText(until.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture));
        return true;
    }

    /// <summary>Those that are good now, the present one first.</summary>
    public static IReadOnlyList<SecretText> Of(IReadOnlyDictionary<string, SecretText> values, DateTimeOffset now)
    {
        List<SecretText> secrets = [];
        if (values.TryGetValue(InstanceRules.WebhookSecret, out var present))
        {
            secrets.Add(present);
        }

        if (values.TryGetValue(Before, out var before) && !IsOver(values, now))
        {
            secrets.Add(before);
        }

        return secrets;
    }

    /// <summary>The values without a secret whose time is over; null when there is none.</summary>
    public static IReadOnlyDictionary<string, SecretText>? WithoutOld(IReadOnlyDictionary<string, SecretText> values, DateTimeOffset now) => values.ContainsKey(Before) && IsOver(values, now)
        ? values.Where(value => value.Key is not (Before or Until)).ToDictionary(value => value.Key, value => value.Value, StringComparer.Ordinal)
        : null;

    private static bool IsOver(IReadOnlyDictionary<string, SecretText> values, DateTimeOffset now) =>
        !values.TryGetValue(Until, out var until) || !long.TryParse(until.Reveal(), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) || now.ToUnixTimeMilliseconds() >= milliseconds;
}
