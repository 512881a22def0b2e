using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;
using Steward.Engines.Models.Admission;
using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models.Degradation;

/// <summary>The ladder of the process: reads its signals at most ten times a second, when calls come. Safe for concurrent use.</summary>
public sealed class DegradationLadder
{
    private const int Seconds = 10;
    private static readonly TimeSpan ReadEvery = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly ModelAdmission _admission;
    private readonly IChatModelSource _models;
    private readonly IOptionsMonitor<DegradationOptions> _options;
    private readonly DegradationSwitch _switch;
    private readonly TimeProvider _time;
    private readonly LadderState _state;
    private readonly long _began;
    private readonly int[] _calls = new int[Seconds];
    private readonly int[] _failures = new int[Seconds];
    private long _second;
    private TimeSpan? _read;
    private TimeSpan _probed = TimeSpan.MinValue;

    internal DegradationLadder(ModelAdmission admission, IChatModelSource models, IOptionsMonitor<DegradationOptions> options, DegradationSwitch @switch, TimeProvider time)
    {
        (_admission, _models, _options, _switch, _time, _began) = (admission, models, options, @switch, time, time.GetTimestamp());
        _state = new LadderState(options.CurrentValue);
        Diagnostics.Meter.CreateObservableGauge("steward.models.degradation.step", () => (int)Step, "{step}", "Where the degradation ladder stands: 0 full, 1 reduced, 2 cached, 3 queue.");
    }

    /// <summary>The step that holds now: the one that the process's configuration forces, else the one that the cluster's switch does, else by the signals.</summary>
    public DegradationStep Step
    {
        get
        {
            if ((Here ?? _switch.Step) is { } forced)
            {
                return forced;
            }

            lock (_gate)
            {
                var now = Now;
                if (_read is null || now - _read >= ReadEvery)
                {
                    _read = now;
                    _state.Next(now, Signals(now));
                }

                return _state.Step;
            }
        }
    }

    /// <summary>Where it stands and why, in one line for <c>/healthz</c>.</summary>
    public string Summary
    {
        get
        {
            var (step, forced) = (Step, Here is not null ? " (forced)" : _switch.Step is not null ? " (forced for the whole cluster)" : "");
            lock (_gate)
            {
                var signals = Signals(Now);
                return $"{step.Name()}{forced}: admission {signals.Pressure:P0} full, {signals.OpenShare:P0} of the models left alone, {signals.ErrorRate:P0} of calls fail";
            }
        }
    }

    private DegradationStep? Here => DegradationSteps.Parse(_options.CurrentValue.Forced);

    private TimeSpan Now => _time.GetElapsedTime(_began);

    /// <summary>The step for a tenant: its own forced one if that is lower.</summary>
    internal DegradationStep StepFor(ModelTenantPolicy policy)
    {
        var (own, step) = (DegradationSteps.Parse(policy.ForcedDegradation), Step);
        return own > step ? own.Value : step;
    }

    /// <summary>Whether this call may see whether models answer again: one in a while, and none where a step is forced.</summary>
    internal bool MayProbe(ModelTenantPolicy policy)
    {
        if ((Here ?? _switch.Step) is not null || policy.ForcedDegradation is not null)
        {
            return false;
        }

        lock (_gate)
        {
            var now = Now;
            if (_probed > TimeSpan.MinValue && now - _probed < _options.CurrentValue.ProbeEvery)
            {
                return false;
            }

            _probed = now;
            return true;
        }
    }

    /// <summary>When the next step up may come at the earliest.</summary>
    internal TimeSpan RetryAfter()
    {
        lock (_gate)
        {
            var left = (_state.UpAt ?? (Now + _state.Hold)) - Now;
            return TimeSpan.FromSeconds(Math.Clamp(Math.Ceiling(left.TotalSeconds), 1, 120));
        }
    }

    /// <summary>A call of a model ended.</summary>
    internal void Ended(bool failed)
    {
        lock (_gate)
        {
            var slot = Slot(Now);
            _calls[slot]++;
            _failures[slot] += failed ? 1 : 0;
        }
    }

    private DegradationSignals Signals(TimeSpan now)
    {
        Slot(now);
        var (calls, failures) = (_calls.Sum(), _failures.Sum());
        return new(_admission.Pressure, _models.OpenShare, calls >= _options.CurrentValue.LeastCalls ? failures / (double)calls : 0);
    }

    private int Slot(TimeSpan now)
    {
        var second = (long)now.TotalSeconds;
        for (var passed = Math.Max(_second + 1, second - Seconds + 1); passed <= second; passed++)
        {
            (_calls[passed % Seconds], _failures[passed % Seconds]) = (0, 0);
        }

        _second = second;
        return (int)(second % Seconds);
    }
}
