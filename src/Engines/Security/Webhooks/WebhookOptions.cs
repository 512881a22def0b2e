using System.Net;
using Microsoft.Extensions.Options;

namespace Steward.Engines.Security.Webhooks;

/// <summary>Where webhooks may be sent to and how. Bound to <c>Steward:Webhooks</c>.</summary>
public sealed class WebhookOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Steward:Webhooks";

    /// <summary>
    /// Networks in CIDR form, such as <c>10.20.0.0/16</c>, that webhooks may be sent to although they are not public. Empty by default: private, loopback,
    /// link-local and all other special addresses are refused.
    /// </summary>
    public IList<string> AllowedNetworks { get; } = [];

    /// <summary>Whether plain http is allowed; only https by default.</summary>
    public bool AllowHttp { get; set; }

    /// <summary>How long a receiver has to answer; 15 seconds by default.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How many messages one endpoint is sent at a time; 4 by default.</summary>
    public int ConcurrentDeliveries { get; set; } = 4;

    /// <summary>The address under which people and programs reach the HTTP API; messages then name things by their whole address. None by default.</summary>
    public Uri? PublicAddress { get; set; }

    /// <summary>The waits between attempts to deliver; ±20 % are drawn. 5 s, 30 s, 2 min, 10 min, 1 h, 6 h and 24 h by default; after the last attempt a message has failed.</summary>
    public IList<TimeSpan> RetryAfter { get; } = [];

    /// <summary>For how long an endpoint may fail without a success in between before it is disabled; 3 days by default.</summary>
    public TimeSpan DisableAfter { get; set; } = TimeSpan.FromDays(3);

    /// <summary>How long a secret still signs after it was replaced; 24 hours by default.</summary>
    public TimeSpan RotationOverlap { get; set; } = TimeSpan.FromHours(24);

    /// <summary>The default of <see cref="RetryAfter"/>.</summary>
    public static IReadOnlyList<TimeSpan> DefaultRetryAfter { get; } =
    [
        TimeSpan.FromSeconds(5),
        TimeSpan.FromSeconds(30),
        TimeSpan.FromMinutes(2),
        TimeSpan.FromMinutes(10),
        TimeSpan.FromHours(1),
        TimeSpan.FromHours(6),
        TimeSpan.FromHours(24),
    ];
}

/// <summary>Says what is wrong with the options and how to mend it.</summary>
internal sealed class WebhookOptionsValidator : IValidateOptions<WebhookOptions>
{
    public ValidateOptionsResult Validate(string? name, WebhookOptions options)
    {
        var problems = options.AllowedNetworks
            .Where(network => !IPNetwork.TryParse(network, out _))
            .Select(network => $"{WebhookOptions.Section}:AllowedNetworks holds '{network}'; write a network such as 10.20.0.0/16 or fd12:3456::/48.")
            .ToList();
        if (options.Timeout <= TimeSpan.Zero || options.Timeout > TimeSpan.FromMinutes(1))
        {
            problems.Add($"{WebhookOptions.Section}:Timeout must be more than 0 and at most 1 minute.");
        }

        if (options.ConcurrentDeliveries is < 1 or > 64)
        {
            problems.Add($"{WebhookOptions.Section}:ConcurrentDeliveries must be 1 to 64.");
        }

        if (options.RetryAfter.Count > 20 || options.RetryAfter.Any(wait => wait <= TimeSpan.Zero || wait > TimeSpan.FromDays(7)))
        {
            problems.Add($"{WebhookOptions.Section}:RetryAfter must have at most 20 waits, each more than 0 and at most 7 days.");
        }

        if (options.DisableAfter <= TimeSpan.Zero || options.RotationOverlap < TimeSpan.Zero)
        {
            problems.Add($"{WebhookOptions.Section}:DisableAfter must be more than 0 and RotationOverlap at least 0.");
        }

        if (options.PublicAddress is { } address && (!address.IsAbsoluteUri || address.Scheme is not ("http" or "https")))
        {
            problems.Add($"{WebhookOptions.Section}:PublicAddress must be an http or https address, for example https://steward.example.");
        }

        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }
}
