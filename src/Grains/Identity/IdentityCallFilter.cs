using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Steward.Engines.Security;
using Steward.Errors;
using Steward.Inference;
using Steward.Models.Health;

namespace Steward.Identity;

/// <summary>
/// Guards every grain call of the silo: the signed identity must be valid and its tenant must be the tenant of the grain's key; where the
/// key names a user, its user too. Grains whose keys name no tenant are the platform's alone. RequestContext is whatever the caller says, so nothing else of it is trusted. Default is
/// to refuse.
/// </summary>
internal sealed partial class IdentityCallFilter(IdentityEnvelopeSigner signer, ILogger<IdentityCallFilter> logger) : IIncomingGrainCallFilter
{
    /// <inheritdoc/>
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        if (IsStewardCall(context))
        {
            Caller.Current = Verify(context);
        }
        else if (!IsOfTheRuntime(context))
        {
            LogRefused(logger, context.InterfaceName, "the interface is not known");
            throw StewardException.Forbidden("Only Steward's grains may be called.");
        }

        try
        {
            await context.Invoke();
        }
        catch (StewardException exception) when (exception.InnerException is not null)
        {
            // Whoever called, in this silo or elsewhere, could not read a cause of a type without a serializer, and would get an error about that instead.
            LogCause(logger, exception, context.InterfaceName, exception.Code);
            throw exception.WithoutCause();
        }
    }

    /// <summary>
    /// Calls of a method of Steward's contracts, and of Orleans' extension through which async enumerations of Steward's grains run: that one
    /// carries the key of the grain and the context of the enumerating caller with each call.
    /// </summary>
    private static bool IsStewardCall(IIncomingGrainCallContext context) =>
        context.InterfaceMethod?.DeclaringType is not { } declaring
        || declaring == typeof(IAsyncEnumerableGrainExtension)
        || declaring.Namespace?.StartsWith("Steward", StringComparison.Ordinal) == true;

    /// <summary>
    /// Orleans' own interfaces carry no identity: reminders, timers, what clients ask of system targets. They give no access to what Steward's
    /// grains hold.
    /// </summary>
    private static bool IsOfTheRuntime(IIncomingGrainCallContext context) =>
        context.InterfaceMethod?.DeclaringType?.Namespace?.StartsWith("Orleans", StringComparison.Ordinal) == true;

    // The keys are a model's name, and ones for the cluster. What is done in whose name the grain itself compares.
    private static bool IsOfThePlatform(IIncomingGrainCallContext context) =>
        context.InterfaceMethod?.DeclaringType is { } declaring && (declaring == typeof(IInferenceGrain) || declaring == typeof(IModelHealthGrain) || declaring == typeof(IModelSwitchGrain));

    private CallerIdentity Verify(IIncomingGrainCallContext context)
    {
        var key = context.TargetId.Key.ToString()!;
        if (!signer.TryVerify(RequestContext.Get(IdentityContext.Key) as string, out var envelope, out var failure))
        {
            LogRefused(logger, context.InterfaceName, failure ?? "no identity");
            throw new StewardException(ErrorCodes.Unauthenticated, "The call carries no valid identity.");
        }

        var isSystem = envelope.Roles.Contains(WellKnownRoles.System);
        if (IsOfThePlatform(context))
        {
            if (!isSystem)
            {
                LogRefused(logger, context.InterfaceName, "only the platform may call it");
                throw StewardException.NotFound("What was asked for");
            }
        }
        else if (!string.Equals(GrainKeys.TenantOf(key), envelope.TenantId, StringComparison.Ordinal)
            || (!isSystem && GrainKeys.UserOf(key) is { } user && !string.Equals(user, envelope.UserId, StringComparison.Ordinal)))
        {
            LogRefused(logger, context.InterfaceName, "the key belongs to another tenant or user");
            throw StewardException.NotFound("What was asked for");
        }

        return new CallerIdentity
        {
            TenantId = envelope.TenantId,
            UserId = envelope.UserId,
            Roles = envelope.Roles,
            Name = envelope.Name,
            Email = envelope.Email,
        };
    }

    [LoggerMessage(EventId = 1002, Level = LogLevel.Debug, Message = "A call of {Interface} ended with {Code}")]
    private static partial void LogCause(ILogger logger, Exception exception, string @interface, string code);

    [LoggerMessage(EventId = 1001, Level = LogLevel.Warning, Message = "Refused a call of {Interface}: {Reason}")]
    private static partial void LogRefused(ILogger logger, string @interface, string reason);
}
