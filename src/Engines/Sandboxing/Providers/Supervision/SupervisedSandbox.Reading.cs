using System.Text.Json;

namespace Steward.Engines.Sandboxing.Supervision;

/// <summary>What the supervisor says, and where it goes.</summary>
public abstract partial class SupervisedSandbox
{
    private async Task ReadAsync(SupervisorProcess supervisor, TaskCompletionSource<string?> ready)
    {
        var failures = new Dictionary<string, string>();
        while (await supervisor.ReceiveAsync() is var (head, payload))
        {
            var kind = head.GetProperty("t").GetString();
            switch (kind)
            {
                case "layers":
                    Availability = Availability with { Layers = head.GetProperty("layers").EnumerateArray().Select(WireLayer).ToList() };
                    break;
                case "profile":
                    OnProfile(head, ready);
                    break;
                case "unavailable":
                    ready.TrySetResult(head.GetProperty("error").GetString());
                    break;
                case "failed":
                    failures[head.GetProperty("profile").GetString()!] = head.GetProperty("error").GetString()!;
                    LogProfileFailed(_logger, Name, head.GetProperty("profile").GetString()!, head.GetProperty("error").GetString()!);
                    ready.TrySetResult(failures.Values.First());
                    break;
                case "warm":
                    _warm[head.GetProperty("profile").GetString()!] = head.GetProperty("count").GetInt32();
                    break;
                default:
                    OnExecution(supervisor, kind, head, payload);
                    break;
            }
        }

        _supervisor = null;
        _warm.Clear();
        ready.TrySetResult("The supervisor ended: " + supervisor.Errors);
        foreach (var execution in _running.Values)
        {
            execution.OnLost("The sandbox was lost while the code ran; it may have run in part.");
        }

        if (!_disposed)
        {
            LogSupervisorEnded(_logger, Name, supervisor.Errors);
            await supervisor.DisposeAsync();
        }
    }

    private void OnProfile(JsonElement head, TaskCompletionSource<string?> ready)
    {
        var profile = head.GetProperty("profile").GetString()!;
        LogProfileReady(_logger, Name, profile, head.GetProperty("versions").ToString());
        // Python takes longest to load; the others are there when it is.
        if (profile == "python")
        {
            Availability = Availability with { IsAvailable = true, MultiTenant = true, Remedy = null };
            var missing = string.Join("; ", Availability.Missing.Select(layer => $"{layer.Name}: {layer.Detail}"));
            LogReady(_logger, Name, missing.Length == 0 ? "none" : missing);
            ready.TrySetResult(null);
        }
    }

    private void OnExecution(SupervisorProcess supervisor, string? kind, JsonElement head, ReadOnlyMemory<byte> payload)
    {
        var name = head.GetProperty("id").GetString()!;
        if (!_running.TryGetValue(name, out var execution))
        {
            return;
        }

        switch (kind)
        {
            case "started":
                execution.OnStarted();
                break;
            case "text":
                execution.OnText(payload.Span);
                break;
            case "frame":
                execution.OnFrame(head.GetProperty("kind").GetString()!, payload);
                break;
            case "ask" when _brokers.TryGetValue(name, out var known):
                _ = AnswerAsync(supervisor, name, execution, known.Data, payload);
                break;
            case "end":
                execution.OnEnd(head, payload);
                break;
        }
    }

    private async Task AnswerAsync(SupervisorProcess supervisor, string name, Execution execution, ISandboxDataBroker data, ReadOnlyMemory<byte> question)
    {
        // Off the reader's loop, whatever the broker does first.
        await Task.Yield();
        var (kind, payload) = WireShapes.Answer(await DataQuestions.AskAsync(execution.Job, data, question, (exception, id) => LogBrokerFailed(_logger, exception, id), execution.Cancelled));
        supervisor.Send(new { t = "answer", id = name, kind }, payload);
    }

    private static SandboxLayer WireLayer(JsonElement layer) =>
        new(layer.GetProperty("name").GetString()!, layer.GetProperty("present").GetBoolean(), layer.GetProperty("detail").GetString()!);
}
