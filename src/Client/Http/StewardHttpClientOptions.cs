using Microsoft.Extensions.Options;

namespace Steward.Client.Http;

/// <summary>Where the gateway is and who calls.</summary>
public sealed class StewardHttpClientOptions
{
    /// <summary>The gateway's address, for example <c>https://steward.example/</c>.</summary>
    public Uri? BaseAddress { get; set; }

    /// <summary>Gives the bearer token or API key for each request.</summary>
    public Func<CancellationToken, ValueTask<string>>? Token { get; set; }

    /// <summary>How long one request may take, apart from event streams. Default 30 s.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>An event stream that stays silent for this long counts as broken. Default 45 s: three heartbeats of the gateway.</summary>
    public TimeSpan StreamSilence { get; set; } = TimeSpan.FromSeconds(45);
}

internal sealed class StewardHttpClientOptionsValidator : IValidateOptions<StewardHttpClientOptions>
{
    public ValidateOptionsResult Validate(string? name, StewardHttpClientOptions options)
    {
        var failures = new List<string>();
        if (options.BaseAddress is not { IsAbsoluteUri: true } address || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps))
        {
            failures.Add("BaseAddress: set the gateway's http or https address.");
        }
        else if (address.Scheme == Uri.UriSchemeHttp && !address.IsLoopback)
        {
            failures.Add("BaseAddress: set an https address; over http the token could be read on the way, so http is for this machine only.");
        }

        if (options.Token is null)
        {
            failures.Add("Token: set a function that returns a bearer token or API key.");
        }

        if (options.RequestTimeout <= TimeSpan.Zero || options.StreamSilence <= TimeSpan.Zero)
        {
            failures.Add("RequestTimeout, StreamSilence: set positive times.");
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
