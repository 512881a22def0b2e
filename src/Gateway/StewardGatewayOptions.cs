using Microsoft.Extensions.Options;

namespace Steward.Gateway;

/// <summary>The gateway's limits. Bound from <c>Steward:Gateway</c>.</summary>
public sealed class StewardGatewayOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Steward:Gateway";

    /// <summary>The largest request body, in bytes. Default 256 KiB.</summary>
    public int MaxBodyBytes { get; set; } = 256 * 1024;

    /// <summary>The largest body of a request to a model under <c>/openai/v1</c>, in bytes: images are among it. Default 8 MiB.</summary>
    public int MaxModelBodyBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>The largest file of old tickets, in bytes. Default 1 GiB.</summary>
    public long MaxImportBytes { get; set; } = 1024L * 1024 * 1024;

    /// <summary>The largest sum of all request headers, in bytes. Default 32 KiB.</summary>
    public int MaxHeaderBytes { get; set; } = 32 * 1024;

    /// <summary>The most event streams that one user has open at a time. Default 8.</summary>
    public int StreamsPerUser { get; set; } = 8;

    /// <summary>How many requests a second one user may make in the long run. Default 200.</summary>
    public double RequestsPerSecondPerUser { get; set; } = 200;

    /// <summary>How many requests one user may make at once. Default 400.</summary>
    public double RequestBurstPerUser { get; set; } = 400;

    /// <summary>How often an event stream without news shows that it is alive. Default 15 s.</summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a browser waits before it opens a broken stream again. Default 1 s.</summary>
    public TimeSpan StreamRetry { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a verified token or API key, or the news that there is no such key, is believed. Default 30 s.</summary>
    public TimeSpan CredentialCache { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The pages, by origin such as <c>https://inspector.acme.example</c>, that may use the servers of the Model Context Protocol from a browser. None by default.</summary>
    public IList<string> McpOrigins { get; } = [];

    /// <summary>How many requests a second an external system may send to one instance's webhooks in the long run. Default 50.</summary>
    public double HooksPerSecond { get; set; } = 50;

    /// <summary>How many requests a second may come to webhooks of instances from which nothing genuine came lately, all together. Default 50.</summary>
    public double UnknownHooksPerSecond { get; set; } = 50;

    /// <summary>How many connections the server has open at most. Default 20000.</summary>
    public int MaxConnections { get; set; } = 20_000;
}

internal sealed class StewardGatewayOptionsValidator : IValidateOptions<StewardGatewayOptions>
{
    public ValidateOptionsResult Validate(string? name, StewardGatewayOptions options)
    {
        var failures = new List<string>();
        if (options.MaxBodyBytes is < 1024 or > 64 * 1024 * 1024)
        {
            failures.Add($"{StewardGatewayOptions.Section}:MaxBodyBytes: set 1024 (1 KiB) to 67108864 (64 MiB).");
        }

        if (options.MaxModelBodyBytes is < 1024 or > 64 * 1024 * 1024)
        {
            failures.Add($"{StewardGatewayOptions.Section}:MaxModelBodyBytes: set 1024 (1 KiB) to 67108864 (64 MiB).");
        }

        if (options.MaxImportBytes < 1)
        {
            failures.Add($"{StewardGatewayOptions.Section}:MaxImportBytes: set 1 or more.");
        }

        if (options.MaxHeaderBytes is < 2048 or > 256 * 1024)
        {
            failures.Add($"{StewardGatewayOptions.Section}:MaxHeaderBytes: set 2048 (2 KiB) to 262144 (256 KiB).");
        }

        if (options.StreamsPerUser < 1 || options.MaxConnections < 1)
        {
            failures.Add($"{StewardGatewayOptions.Section}:StreamsPerUser, MaxConnections: set 1 or more.");
        }

        if (!(options.RequestsPerSecondPerUser > 0) || !(options.RequestBurstPerUser >= 1))
        {
            failures.Add($"{StewardGatewayOptions.Section}:RequestsPerSecondPerUser, RequestBurstPerUser: set positive numbers, the second at least 1.");
        }

        if (!(options.HooksPerSecond >= 1) || !(options.UnknownHooksPerSecond >= 1))
        {
            failures.Add($"{StewardGatewayOptions.Section}:HooksPerSecond, UnknownHooksPerSecond: set 1 or more.");
        }

        if (options.Heartbeat <= TimeSpan.Zero || options.StreamRetry < TimeSpan.Zero)
        {
            failures.Add($"{StewardGatewayOptions.Section}:Heartbeat, StreamRetry: set positive times.");
        }

        if (options.CredentialCache < TimeSpan.Zero || options.CredentialCache > TimeSpan.FromMinutes(10))
        {
            failures.Add($"{StewardGatewayOptions.Section}:CredentialCache: set a time of up to 10 minutes.");
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
