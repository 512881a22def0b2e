using System.Runtime.CompilerServices;
using System.Text.Json;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Pipeline.Requests;

namespace Steward.Engines.Connectors.Sdk;

/// <summary>One of the built-in connectors, carrying out operations of instances: it makes the requests, the chain sends them.</summary>
/// <param name="name">The connector's name.</param>
/// <param name="create">Makes the connector for an address.</param>
internal sealed class VendorTypedConnector(string name, Func<Uri, VendorConnector> create) : TypedConnector
{
    private readonly ConditionalWeakTable<ResolvedInstance, VendorConnector> _connectors = [];

    public override string Name => name;

    public override async Task<JsonElement> ExecuteAsync(TypedCall call)
    {
        var (operation, inner) = Find(call);
        return JsonSerializer.SerializeToElement(await operation.Execute(inner));
    }

    public override async Task<ReconcileOutcome> ReconcileAsync(TypedCall call, DateTimeOffset sentAt)
    {
        var (operation, inner) = Find(call);
        return operation.Reconcile is { } reconcile ? await reconcile(inner, sentAt) : await base.ReconcileAsync(call, sentAt);
    }

    private (OperationSpec Operation, OperationCall Call) Find(TypedCall call)
    {
        var connector = _connectors.GetValue(call.Target, target => create(
            InstanceAddress.Find(target) ?? throw OutcomeException.Failed(FailureCodes.NotConfigured, $"The connector '{target.Instance.Name}' has no address.")));
        var operation = connector.Operations.FirstOrDefault(known => known.Id == $"{name}.{call.OperationId}")
            ?? throw OutcomeException.Failed(FailureCodes.NotConfigured, $"The connector '{name}' does not know the operation '{call.OperationId}'.");
        return (operation, new OperationCall(call.ActionId, operation.Arguments.Read(call.Arguments), call.Caller, call.CancellationToken)
        {
            Transport = (method, url, body) => SendAsync(call, connector.BaseUrl, method, url, body),
        });
    }

    private static async Task<VendorReply> SendAsync(TypedCall call, Uri baseUrl, HttpMethod method, Uri url, ReadOnlyMemory<byte>? body)
    {
        if (Uri.Compare(url, baseUrl, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) != 0)
        {
            throw OutcomeException.Failed(FailureCodes.BadResponse, $"{call.Target.Template.Name} pointed to another host, which is not followed.");
        }

        try
        {
            // The path alone: the sign-in may have named another server of the same system.
            return await call.SendAsync(new OutgoingRequest
            {
                Method = method,
                Path = url.PathAndQuery,
                IsRooted = true,
                Body = body is { IsEmpty: false } ? body : null,
                ContentType = body is { IsEmpty: false } ? "application/json" : null,
            });
        }
        catch (TypedConnectorException exception)
        {
            throw new OutcomeException(exception.Outcome);
        }
    }
}
