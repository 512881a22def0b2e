using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Pipeline;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Auth;

/// <summary>Signs requests to AWS.</summary>
internal sealed class SigV4Applier(TimeProvider time) : ICredentialApplier
{
    public bool CanApply(AuthKind kind) => kind == AuthKind.Sigv4;

    public void Apply(HttpRequestMessage request, ReadOnlyMemory<byte> body, CredentialUse use)
    {
        var spec = use.Auth.Sigv4 ?? throw Missing(use, "its template does not name the AWS service");
        var values = use.Credential.Values;
        SignIn fields;
        try
        {
            fields = new SignIn(use.Target, values, allowPrivateAddresses: false);
        }
        catch (OAuthException exception)
        {
            throw OutcomeException.Failed(exception.Code, exception.Message);
        }

        if (!fields.TryRender(spec.Region, out var region, out var absent) || !fields.TryRender(spec.Service, out var service, out absent))
        {
            throw Missing(use, $"'{absent}' is not given");
        }

        if (fields.Find("accessKeyId") is not { } id || fields.Find("secretAccessKey") is not { } secret)
        {
            throw Missing(use, "'accessKeyId' or 'secretAccessKey' is not given");
        }

        // A proxy or the handler may change other headers on the way; these are enough, and always there.
        var url = request.RequestUri!;
        List<KeyValuePair<string, string>> headers = [KeyValuePair.Create("host", url.Authority)];
        if (request.Content?.Headers.ContentType is { } type)
        {
            headers.Add(KeyValuePair.Create("content-type", type.ToString()));
        }

        foreach (var (name, found) in request.Headers)
        {
            if (name.StartsWith("X-Amz-", StringComparison.OrdinalIgnoreCase))
            {
                headers.AddRange(found.Select(value => KeyValuePair.Create(name, value)));
            }
        }

        var session = values.GetValueOrDefault("sessionToken") is { IsBlank: false } token ? token : null;
        foreach (var (name, value) in SigV4Signer.Sign(
            request.Method.Method, url.AbsolutePath, url.Query.TrimStart('?'), headers, body.Span, time.GetUtcNow(), new(id, new SecretText(secret), session, region, service)))
        {
            request.Headers.Remove(name);
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                throw Missing(use, "a credential cannot go into a header");
            }
        }
    }

    private static OutcomeException Missing(CredentialUse use, string why) =>
        OutcomeException.Failed(FailureCodes.NotConfigured, $"The connector '{use.Target.Instance.Name}' cannot sign in: {why}.");
}
