using Microsoft.Extensions.Options;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Pipeline.Replies;
using Steward.Engines.Connectors.Pipeline.Requests;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Security.Webhooks;

namespace Steward.Engines.Connectors.Pipeline;

/// <summary>The end of the chain: writes one message, puts the credential into it, sends it to the instance's own host and nowhere else, and says what the answer means.</summary>
internal sealed class SendStep(
    IHttpClientFactory clients, IEnumerable<ICredentialApplier> appliers, INameResolver names, IOptionsMonitor<ConnectorsOptions> options, TimeProvider time, EgressProxy? proxy)
{
    private readonly ICredentialApplier[] _appliers = [.. appliers];

    public async Task<Exchange> SendAsync(ConnectorCall call, OutgoingRequest request)
    {
        try
        {
            return request.Carry is { } carry ? await carry(call.Credential) : await SendOnceAsync(call, request);
        }
        catch (OutcomeException exception)
        {
            return Exchange.Ended(exception.Outcome);
        }
    }

    private static bool IsSameServer(Uri left, Uri right) =>
        Uri.Compare(left, right, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0;

    // files.slack.com is below slack.com.
    internal static bool IsBelow(Uri address, Uri baseUrl) =>
        address.Scheme == Uri.UriSchemeHttps && baseUrl.Scheme == Uri.UriSchemeHttps && address is { IsDefaultPort: true, UserInfo.Length: 0, HostNameType: UriHostNameType.Dns }
        && baseUrl.HostNameType == UriHostNameType.Dns && address.IdnHost.EndsWith("." + baseUrl.IdnHost, StringComparison.OrdinalIgnoreCase);

    private async Task<Exchange> SendOnceAsync(ConnectorCall call, OutgoingRequest request)
    {
        var template = call.Request.Target.Template;
        var allowPrivate = options.CurrentValue.MayReachPrivateAddresses(call.Instance.TenantId);
        var baseUrl = RequestBuilder.BaseUrlOf(call.Operation, call.Instance, call.Credential, allowPrivate);
        // A typed connector reads before it writes.
        var isWrite = call.IsWrite && request.Method != HttpMethod.Get;
        var content = isWrite || request.Body is not null ? new SingleUseContent(request.Body ?? ReadOnlyMemory<byte>.Empty, request.ContentType) : null;
        using var message = new HttpRequestMessage(request.Method, RequestBuilder.AddressOf(request, call, baseUrl)) { Content = content };
        foreach (var (name, value) in request.Headers)
        {
            if (!message.Headers.TryAddWithoutValidation(name, value) && content is not null && !name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase))
            {
                content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        if (!message.Headers.Contains("Accept"))
        {
            message.Headers.TryAddWithoutValidation("Accept", template.Answers == AnswerFormat.Xml ? "application/xml, text/xml, application/json;q=0.5" : "application/json");
        }

        if (!message.Headers.Contains("User-Agent"))
        {
            message.Headers.TryAddWithoutValidation("User-Agent", "Steward/1.0");
        }

        using var own = request.IsUnsigned ? null : SignIn(call, message, request.Body ?? default, allowPrivate);
        if (!IsSameServer(message.RequestUri!, baseUrl) && !(request.IsUnsigned && IsBelow(message.RequestUri!, baseUrl)))
        {
            throw OutcomeException.Failed(FailureCodes.BadResponse, $"{template.Name} pointed to another host, which is not followed.");
        }

        var sending = new Sending
        {
            Connector = template.Id,
            Product = template.Name,
            IsWrite = isWrite,
            Content = content,
            RequestIdHeader = template.RequestIdHeader,
            Answers = template.Answers,
            Caller = call.Caller,
            Token = call.Token,
        };
        try
        {
            using var shared = own is null ? clients.CreateClient(allowPrivate ? InstanceConnections.PrivateClient : InstanceConnections.PublicClient) : null;
            var reply = await VendorSender.SendAsync(own ?? shared!, message, sending);
            return call.Operation.Owner.Errors.Read(call, reply, time.GetUtcNow());
        }
        finally
        {
            call.VendorRequestId = sending.VendorRequestId ?? call.VendorRequestId;
            call.Status = sending.Status;
        }
    }

    // The client of a credential that belongs to the connection; null when the ordinary one will do.
    private HttpClient? SignIn(ConnectorCall call, HttpRequestMessage message, ReadOnlyMemory<byte> body, bool allowPrivate)
    {
        AuthSpec? auth = null;
        foreach (var way in call.Request.Target.Template.Auth)
        {
            auth = way.Id == call.Instance.AuthId ? way : auth;
        }

        if (auth is null)
        {
            throw OutcomeException.Failed(FailureCodes.NotConfigured, $"The connector '{call.Instance.Name}' signs in by '{call.Instance.AuthId}', which its template does not know.");
        }

        if (auth.Kind == AuthKind.None && auth.Apply.Count == 0)
        {
            return null;
        }

        if (call.Credential is not { } credential)
        {
            throw OutcomeException.Failed(FailureCodes.Unauthenticated, $"The connector '{call.Instance.Name}' has no credential. Somebody has to sign in.");
        }

        var applier = Array.Find(_appliers, applier => applier.CanApply(auth.Kind))
            ?? throw OutcomeException.Failed(FailureCodes.NotConfigured, $"The connector '{call.Instance.Name}' signs in by {auth.Kind}, which is not supported here.");
        var use = new CredentialUse(call.Request.Target, auth, credential);
        applier.Apply(message, body, use);
        return applier.FindClient(use, () => InstanceConnections.CreateHandler(names, allowPrivate, proxy));
    }
}
