using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Pipeline;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Auth;

/// <summary>
/// Signs in by client certificates: one handler with its connections for each certificate and each set of rules, at most <see cref="MostHandlers"/>, for a quarter of an hour after their last use.
/// </summary>
internal sealed class CertificateApplier(TimeProvider time) : ICredentialApplier, IDisposable
{
    public const int MostHandlers = 64;

    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(15);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Pooled> _handlers = new(StringComparer.Ordinal);

    /// <summary>Handlers that are kept now.</summary>
    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _handlers.Count;
            }
        }
    }

    public bool CanApply(AuthKind kind) => kind == AuthKind.Mtls;

    public void Apply(HttpRequestMessage request, ReadOnlyMemory<byte> body, CredentialUse use)
    {
    }

    public HttpClient FindClient(CredentialUse use, Func<SocketsHttpHandler> createHandler)
    {
        var certificate = use.Credential.Values.GetValueOrDefault("certificate") ?? throw Wrong(use, "'certificate' is not given");
        var privateKey = use.Credential.Values.GetValueOrDefault("privateKey") ?? throw Wrong(use, "'privateKey' is not given");
        // By tenant and instance as well: what an operator allows one of them, the connections of another must not carry.
        var key = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(
            $"{use.Target.Instance.TenantId}\n{use.Target.Instance.Name}\n{use.Target.Instance.Revision}\n{certificate.Reveal()}\n{privateKey.Reveal()}")));
        Pooled pooled;
        List<Pooled> old = [];
        lock (_gate)
        {
            var now = time.GetUtcNow();
            if (!_handlers.TryGetValue(key, out pooled!))
            {
                pooled = Pooled.Create(createHandler(), Load(use, certificate.Reveal(), privateKey.Reveal()));
                _handlers[key] = pooled;
            }

            pooled.UsedAt = now;
            pooled.Uses++;
            foreach (var (name, other) in _handlers.Where(pair => now - pair.Value.UsedAt > Idle).ToList())
            {
                _handlers.Remove(name);
                old.Add(other);
            }

            while (_handlers.Count > MostHandlers)
            {
                var (name, oldest) = _handlers.Where(pair => pair.Key != key).MinBy(pair => pair.Value.UsedAt);
                _handlers.Remove(name);
                old.Add(oldest);
            }

            foreach (var other in old)
            {
                other.IsRetired = true;
            }
        }

        foreach (var other in old)
        {
            Release(other, use: false);
        }

        // The factory knows no handlers of credentials; this client leaves the handler to its pool.
        return new SharedHandlerClient(pooled.Handler, () => Release(pooled, use: true));
    }

    public void Dispose()
    {
        List<Pooled> all;
        lock (_gate)
        {
            all = [.. _handlers.Values];
            _handlers.Clear();
        }

        foreach (var pooled in all)
        {
            pooled.Close();
        }
    }

    private void Release(Pooled pooled, bool use)
    {
        lock (_gate)
        {
            pooled.Uses -= use ? 1 : 0;
            if (!pooled.IsRetired || pooled.Uses > 0)
            {
                return;
            }
        }

        pooled.Close();
    }

    private static X509Certificate2 Load(CredentialUse use, string certificate, string privateKey)
    {
        try
        {
            using var parsed = X509Certificate2.CreateFromPem(Lines(certificate), Lines(privateKey));
            // Some platforms cannot use a key that has never been in a store's form.
            return X509CertificateLoader.LoadPkcs12(parsed.Export(X509ContentType.Pkcs12), password: null);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            // Not as the cause: some of these messages quote what they could not read.
            throw Wrong(use, "its certificate and private key are no PEM, or do not belong together");
        }
    }

    private static string Lines(string pem) => pem.Contains('\n', StringComparison.Ordinal) ? pem : pem.Replace("\\n", "\n", StringComparison.Ordinal);

    private static OutcomeException Wrong(CredentialUse use, string why) =>
        OutcomeException.Failed(FailureCodes.NotConfigured, $"The connector '{use.Target.Instance.Name}' cannot sign in: {why}.");

    private sealed class Pooled(SocketsHttpHandler handler, X509Certificate2 certificate)
    {
        public SocketsHttpHandler Handler => handler;

        public DateTimeOffset UsedAt { get; set; }

        public int Uses { get; set; }

        public bool IsRetired { get; set; }

        public static Pooled Create(SocketsHttpHandler handler, X509Certificate2 certificate)
        {
            handler.SslOptions.ClientCertificates = [certificate];
            return new Pooled(handler, certificate);
        }

        public void Close()
        {
            handler.Dispose();
            certificate.Dispose();
        }
    }
}
