using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Steward.Engines.Security;
using Steward.Errors;

namespace Steward.Identity;

/// <summary>
/// Guards every grain call of the silo: the signed identity must be valid and its tenant must be the tenant of the grain's key; where the
/// key names a user, its user too. RequestContext is whatever the caller says, so nothing else of it is trusted. Default is to refuse.
/// </summary>
internal sealed partial class IdentityCallFilter(IdentityEnvelopeSigner signer, ILogger<IdentityCallFilter> logger) : IIncomingGrainCallFilter
{
    /// <inheritdoc/>
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        if (IsOwnGrain(context))
        {
            Caller.Current = Verify(context);
        }
        else if (!IsFromSilo(context))
        {
            LogRefused(logger, context.InterfaceName, "clients may call Steward's grains only");
            throw StewardException.Forbidden("Front ends may call Steward's grains only.");
        }

        await context.Invoke();
    }

    /// <summary>
    /// Orleans' own grains and reminders carry no identity: those calls are Orleans' internal matter, from silo to silo. Extensions on a
    /// Steward grain (async enumeration) run with the key of that grain and are checked like its methods.
    /// </summary>
    private static bool IsOwnGrain(IIncomingGrainCallContext context) =>
        context.Grain is not null
        && context.InterfaceMethod?.DeclaringType != typeof(IRemindable)
        && IsStewardKey(context.TargetId);

    private static bool IsStewardKey(GrainId target) => target.Key.ToString() is { Length: > 2 } key && key[0] == 't' && key[1] == '-';

    private static bool IsFromSilo(IIncomingGrainCallContext context) =>
        context.SourceId is not { } source || !source.Type.ToString()!.StartsWith("sys.client", StringComparison.Ordinal) || source.Key.ToString()!.StartsWith("hosted", StringComparison.Ordinal);

    private CallerIdentity Verify(IIncomingGrainCallContext context)
    {
        var key = context.TargetId.Key.ToString()!;
        if (!signer.TryVerify(RequestContext.Get(IdentityContext.Key) as string, out var envelope, out var failure))
        {
            LogRefused(logger, context.InterfaceName, failure ?? "no identity");
            throw new StewardException(ErrorCodes.Unauthenticated, "The call carries no valid identity.");
        }

        var isSystem = envelope.Roles.Contains(WellKnownRoles.System);
        if (!string.Equals(GrainKeys.TenantOf(key), envelope.TenantId, StringComparison.Ordinal)
            || (!isSystem && UserOf(key) is { } user && !string.Equals(user, envelope.UserId, StringComparison.Ordinal)))
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

    private static string? UserOf(string key)
    {
        var first = key.IndexOf('/', StringComparison.Ordinal);
        if (first < 0 || !key.AsSpan(first + 1).StartsWith("u-", StringComparison.Ordinal))
        {
            return null;
        }

        var second = key.IndexOf('/', first + 1);
        return second < 0 ? key[(first + 1)..] : key[(first + 1)..second];
    }

    [LoggerMessage(EventId = 1001, Level = LogLevel.Warning, Message = "Refused a call of {Interface}: {Reason}")]
    private static partial void LogRefused(ILogger logger, string @interface, string reason);
}
