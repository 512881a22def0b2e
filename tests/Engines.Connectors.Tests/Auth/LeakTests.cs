using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Tracing;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Steward.EnterpriseSim.Vault;
using Steward.Engines.Connectors.Auth;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Security;
using Steward.Engines.Security.Vault;

namespace Steward.Engines.Connectors.Tests.Auth;

/// <summary>Runs sign-ins and vaults, well and badly, with everything recorded that anybody could record, and looks for secrets in it.</summary>
public sealed class LeakTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("steward-leaks-").FullName;
    private readonly ConcurrentQueue<string> _seen = new();
    private readonly Dictionary<string, string> _secrets = [];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(VaultKind.Embedded)]
    [InlineData(VaultKind.HashiCorp)]
    public async Task SignIns_EverythingRecorded_HoldNoSecret(VaultKind kind)
    {
        using var rsa = RSA.Create(2048);
        var pem = rsa.ExportPkcs8PrivateKeyPem();
        _secrets["private key"] = pem.Split('\n')[3];
        EventHandler<FirstChanceExceptionEventArgs> thrown = (_, e) => _seen.Enqueue(e.Exception.ToString());
        using var listener = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => _seen.Enqueue(
                $"{activity.DisplayName} {activity.StatusDescription} {string.Join(' ', activity.TagObjects)} {string.Join(' ', activity.Events.SelectMany(e => e.Tags))} {string.Join(' ', activity.Baggage)}"),
        };
        using var events = new EventRecorder(_seen);
        ActivitySource.AddActivityListener(listener);
        AppDomain.CurrentDomain.FirstChanceException += thrown;
        try
        {
            await RunAsync(kind, pem);
        }
        finally
        {
            AppDomain.CurrentDomain.FirstChanceException -= thrown;
        }

        var texts = _seen.ToList();
        Assert.Contains(texts, text => text.Contains("sim", StringComparison.Ordinal));
        foreach (var (name, secret) in _secrets)
        {
            foreach (var form in Forms(secret))
            {
                Assert.DoesNotContain(texts, text => text.Contains(form, StringComparison.OrdinalIgnoreCase));
            }

            Assert.NotEmpty(name);
        }
    }

    [Fact]
    public void Forms_OfASecret_AreFoundInWhatHoldsThem()
    {
        const string Secret = "pa+ss/wo rd=1";
        foreach (var text in new[] { $"x{Secret}y", $"a={Uri.EscapeDataString(Secret)}&", Convert.ToBase64String(Encoding.UTF8.GetBytes($"user:{Secret}")), Convert.ToBase64String(Encoding.UTF8.GetBytes($"u:{Secret}")) })
        {
            Assert.Contains(Forms(Secret), form => text.Contains(form, StringComparison.OrdinalIgnoreCase));
        }
    }

    private async Task RunAsync(VaultKind kind, string pem)
    {
        await using var endpoint = await OAuthServer.StartAsync();
        await using var vault = await VaultSimulator.StartAsync(new VaultSimOptions { SecretId = Secret("secret id") });
        var file = Path.Combine(_folder, "secret-id");
        await File.WriteAllTextAsync(file, vault.State.Options.SecretId);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await using var host = await SignInHost.StartAsync(
            _folder,
            options => (options.RequestTimeout, options.LongestPause) = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)),
            services =>
            {
                services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(new LogRecorder(_seen)));
                services.AddStewardVault(options =>
                {
                    (options.Kind, options.Address, options.RoleId, options.SecretIdFile) = (kind, vault.Url, vault.State.Options.RoleId, file);
                    options.Timeout = TimeSpan.FromSeconds(1);
                });
            });
        string clientSecret = Secret("client secret"), password = Secret("password"), assertion = Secret("assertion");
        await host.StoreSecretsAsync(("clientSecret", clientSecret), ("password", password), ("privateKey", pem), ("assertion", assertion), ("token", Secret("api key")));
        var fields = new Dictionary<string, string> { ["clientId"] = "client", ["username"] = "ada", ["subject"] = "ada" };

        foreach (var (status, body) in Answers())
        {
            // Servers echo what they were sent, in error descriptions too.
            endpoint.Answer = (request, http) => OAuthServer.Reply(http, body.Replace("ECHO", Convert.ToHexString(RandomNumberGenerator.GetBytes(4)) + Uri.EscapeDataString(request.Body + request.Authorization), StringComparison.Ordinal), status);
            foreach (var auth in new[] { AuthKind.OAuth2ClientCredentials, AuthKind.OAuth2Password, AuthKind.OAuth2JwtBearer, AuthKind.OAuth2SamlBearer })
            {
                foreach (var client in Enum.GetValues<ClientAuthentication>())
                {
                    var target = SignInHost.Target(endpoint.Url, auth, new OAuth2Spec { TokenUrl = "{baseUrl}/token", ClientAuth = client, JsonBody = client == ClientAuthentication.Body }, fields);
                    _seen.Enqueue((await host.Open(target).GetAsync(null)).ToString());
                }
            }

            await host.StoreAsync(Secret("refresh token"));
            var person = host.Open(SignInHost.Target(endpoint.Url, AuthKind.OAuth2Code, SignInHost.Rotating() with { RevokeUrl = "{baseUrl}/revoke" }, fields));
            var request = await person.AuthorizeAsync(new Uri("https://steward.acme.com/callback"));
            _secrets[$"verifier {_secrets.Count}"] = request.CodeVerifier!.Reveal();
            _seen.Enqueue(request.ToString());
            var answer = await person.GetAsync(null);
            _seen.Enqueue(answer.ToString());
            _seen.Enqueue((await person.RenewAsync(null, answer.Credential?.Generation ?? 0)).ToString());
            try
            {
                await person.AcceptAsync("u-ada", request, request.State, new SecretText(Secret("code")));
            }
            catch (OAuthException exception)
            {
                _seen.Enqueue(exception.ToString());
            }

            await person.DeleteAsync();
            await host.StoreSecretsAsync(("clientSecret", clientSecret), ("password", password), ("privateKey", pem), ("assertion", assertion));
        }

        if (kind == VaultKind.HashiCorp)
        {
            await BreakAsync(host, vault);
        }
    }

    private async Task BreakAsync(SignInHost host, VaultSimulator vault)
    {
        foreach (var token in vault.State.Tokens)
        {
            _secrets[$"vault token {_secrets.Count}"] = token;
        }

        foreach (var status in new[] { 0, 400, 403, 404, 412, 429, 500, 503 })
        {
            vault.State.Inject(new VaultFault(status, Count: 4));
            try
            {
                await host.StoreSecretsAsync(("clientSecret", Secret("written")));
            }
            catch (VaultException exception)
            {
                _seen.Enqueue(exception.ToString());
            }
        }
    }

    private (int Status, string Body)[] Answers() =>
    [
        (200, $$"""{"access_token":"{{Secret("access token")}}","refresh_token":"{{Secret("next refresh token")}}","expires_in":3600}"""),
        (400, """{"error":"invalid_grant","error_description":"ECHO"}"""),
        (401, """{"error":"ECHO"}"""),
        (403, "ECHO"),
        (429, """{"error":"ECHO"}"""),
        (500, "<html>ECHO"),
        (200, """{"ok":false,"echo":"ECHO"}"""),
        (200, "ECHO"),
    ];

    private string Secret(string name)
    {
        // Letters that look different in URLs and in base64.
        var secret = $"{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}+/ {Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";
        secret = name.Contains("token", StringComparison.Ordinal) || name == "code" || name == "secret id" ? secret.Replace(" ", "~", StringComparison.Ordinal) : secret;
        _secrets[$"{name} {_secrets.Count}"] = secret;
        return secret;
    }

    /// <summary>A secret as it is, as parts of URLs have it, and its inside in base64, wherever it begins in what was encoded.</summary>
    private static IEnumerable<string> Forms(string secret)
    {
        yield return secret;
        yield return Uri.EscapeDataString(secret);
        yield return Uri.EscapeDataString(Uri.EscapeDataString(secret));
        foreach (var text in new[] { secret, Uri.EscapeDataString(secret) }.Distinct())
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            for (var shift = 0; shift < 3; shift++)
            {
                var encoded = Convert.ToBase64String([.. new byte[shift], .. bytes]);
                // Without what depends on the neighbours.
                var inside = encoded[(shift == 0 ? 0 : 4)..^4];
                yield return inside;
                yield return inside.Replace('+', '-').Replace('/', '_');
            }
        }
    }

    private sealed class LogRecorder(ConcurrentQueue<string> seen) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            seen.Enqueue($"{state} {Values(state)}");
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            seen.Enqueue($"{formatter(state, exception)} {Values(state)} {exception}");

        public void Dispose()
        {
        }

        private static string Values<TState>(TState state) => state is IEnumerable<KeyValuePair<string, object?>> values ? string.Join(' ', values) : "";
    }

    /// <summary>What the runtime itself tells of requests and sockets.</summary>
    private sealed class EventRecorder : EventListener
    {
        private readonly ConcurrentQueue<string>? _seen;

        public EventRecorder(ConcurrentQueue<string> seen)
        {
            _seen = seen;
            foreach (var source in EventSource.GetSources())
            {
                Listen(source);
            }
        }

        protected override void OnEventSourceCreated(EventSource eventSource) => Listen(eventSource);

        protected override void OnEventWritten(EventWrittenEventArgs eventData) =>
            _seen?.Enqueue($"{eventData.EventName} {string.Join(' ', eventData.Payload?.Select(value => value?.ToString()) ?? [])}");

        private void Listen(EventSource source)
        {
            if (source.Name is "System.Net.Http" or "System.Net.Security" or "System.Net.NameResolution" or "Microsoft-Extensions-Logging")
            {
                EnableEvents(source, EventLevel.LogAlways);
            }
        }
    }
}
