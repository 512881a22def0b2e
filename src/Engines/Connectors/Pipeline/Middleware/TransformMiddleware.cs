using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Instances;

namespace Steward.Engines.Connectors.Pipeline.Middleware;

/// <summary>Applies the tenant's field mappings: to the arguments on their way out and to the result on its way in.</summary>
internal sealed class TransformMiddleware(IFieldMapper mapper) : ICallMiddleware
{
    public async Task<ActionOutcome> InvokeAsync(ConnectorCall call, CallStep next)
    {
        if (!call.Instance.Mappings.TryGetValue(call.Request.Operation.Id, out var mappings) || mappings.Count == 0)
        {
            return await next(call);
        }

        try
        {
            call.UseArguments(mapper.Map(call.Arguments, mappings, MappingDirection.Out));
        }
        catch (Exception exception) when (exception is FormatException or InvalidOperationException)
        {
            throw OutcomeException.Failed(FailureCodes.InvalidArgument, $"The arguments of {call.Request.Operation.Id} cannot be mapped: {exception.Message}");
        }

        var outcome = await next(call);
        if (outcome is not ActionSucceeded succeeded)
        {
            return outcome;
        }

        try
        {
            return succeeded with { Result = mapper.Map(succeeded.Result, mappings, MappingDirection.In) };
        }
        catch (Exception exception) when (exception is FormatException or InvalidOperationException)
        {
            // It was carried out; that its result cannot be written the tenant's way does not undo it.
            var message = $"The result of {call.Request.Operation.Id} cannot be mapped: {exception.Message}";
            return call.IsWrite ? new ActionUnknown(message) : new ActionFailed(FailureCodes.BadResponse, message, IsRetryable: false);
        }
    }
}
