using System.Text.Json;
using Steward.Engines.Notifications;
using Steward.Errors;
using Steward.Identity;
using Steward.People;

namespace Steward.Notifications;

/// <summary>Tells a tenant's known admins, each by their own wishes.</summary>
internal sealed class AdminNotices(INotificationRouter router, IGrainFactory grains, PlatformIdentity platform, TimeProvider time) : INoticeAdmins
{
    /// <inheritdoc/>
    public async Task<int> TellAdminsAsync(string tenantId, string kind, string eventId, string subjectId, string data, CancellationToken cancellationToken)
    {
        if (eventId is not { Length: > 0 and <= 100 })
        {
            throw StewardException.Invalid("eventId", "must have 1 to 100 characters.");
        }

        var content = JsonElement.Parse(data);
        platform.Assume(tenantId);
        var admins = (await grains.GetGrain<IKnownHoldersGrain>(GrainKeys.KnownHolders(tenantId, WellKnownRoles.Admin)).List(cancellationToken)).People;
        var now = time.GetUtcNow().ToMilliseconds();
        await router.TellAsync(
            tenantId,
            [.. admins.Select(admin => new Notice
            {
                NoticeId = $"{kind}/{eventId}/{admin.UserId}",
                TenantId = tenantId,
                Kind = kind,
                Recipient = new NoticeRecipient { UserId = admin.UserId, Email = admin.Email, Name = admin.Name },
                ThreadId = $"{subjectId}/{kind}/{admin.UserId}",
                SubjectId = subjectId,
                Data = content,
                CreatedAt = now,
            })],
            cancellationToken);
        return admins.Count;
    }
}
