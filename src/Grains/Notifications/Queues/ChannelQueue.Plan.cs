using Microsoft.Extensions.Logging;

namespace Steward.Notifications;

/// <content>What the tenant set the channel up with, asked for again from time to time.</content>
internal sealed partial class ChannelQueue
{
    private static readonly TimeSpan PlanRetry = TimeSpan.FromSeconds(2);

    /// <summary>Whether it is known what the tenant set up; otherwise that is asked for, and this is called again.</summary>
    private bool IsPlanned()
    {
        var isFresh = _planAskedAt is { } at && _parts.Time.GetElapsedTime(at) < _parts.Options.SettingsFor;
        if (!isFresh && !_planWanted && (_board.Count > 0 || !_planKnown))
        {
            _planWanted = true;
            Run(PlanAsync());
        }

        return _planKnown;
    }

    private async Task PlanAsync()
    {
        await Task.Yield();
        ChannelPlan? plan = null;
        var isKnown = false;
        try
        {
            plan = await _parts.Plan(_stop.Token);
            isKnown = true;
        }
#pragma warning disable CA1031 // Those that were known hold; without any nothing is sent until they are.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            if (!_stop.IsCancellationRequested)
            {
                LogNoPlan(_parts.Logger, exception, _parts.TenantId, _parts.Channel);
            }
        }

        lock (_gate)
        {
            _planWanted = false;
            if (isKnown)
            {
                (_plan, _planKnown, _planAskedAt) = (plan, true, _parts.Time.GetTimestamp());
                _rate.Set(plan?.PerSecond ?? 1);
            }
            else
            {
                if (_planKnown)
                {
                    _planAskedAt = _parts.Time.GetTimestamp();
                }
                else
                {
                    if (!_stopping)
                    {
                        _parts.Arm(PlanRetry);
                    }

                    return;
                }
            }
        }

        Dispatch();
    }

    [LoggerMessage(EventId = 1906, Level = LogLevel.Warning, Message = "The settings of {Channel} of {Tenant} cannot be had now; those known before hold")]
    private static partial void LogNoPlan(ILogger logger, Exception exception, string tenant, string channel);
}
