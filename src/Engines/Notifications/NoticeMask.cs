using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Notifications.Rendering;
using Steward.Engines.Orchestration.Tracing;

namespace Steward.Engines.Notifications;

/// <summary>Takes out of notices what is never shown, so that whoever keeps them keeps no secrets. What people see of them stays the same. Pure.</summary>
public static class NoticeMask
{
    private const string Arguments = "arguments";
    private const string Cut = "isCut";

    /// <summary>The notice with secrets in its data masked, and what is very long or deep cut; <see cref="ApprovalNoticeData.IsCut"/> says so where the arguments were. Doing it again changes nothing.</summary>
    /// <param name="notice">The notice.</param>
    public static Notice Of(Notice notice)
    {
        ArgumentNullException.ThrowIfNull(notice);
        if (TraceMask.Of(notice.Data) is not JsonObject masked)
        {
            return notice;
        }

        if (notice.Data.TryGetProperty(Arguments, out var arguments) && !ShownWhole.Is(arguments, masked[Arguments]))
        {
            masked[Cut] = true;
        }

        return notice with { Data = JsonSerializer.SerializeToElement(masked) };
    }
}
