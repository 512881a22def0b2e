using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Steward.Benchmarks.Measuring;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Benchmarks.Scenarios;

/// <summary>The second part of <c>bench approvals</c>: what requests cost that nobody answers, and how soon those are reminded of that are due in one minute.</summary>
internal sealed class ApprovalsWaiting(InProcessSteward steward, ApprovalsOffice office, ApprovalsPlan plan)
{
    private const string Tenant = "t-bench-waiting";
    private const int Approvers = 50;

    // More than an approval that waits for something stays in memory.
    private static readonly TimeSpan RemindAfter = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public static string Method(ApprovalsPlan plan) => FormattableString.Invariant(
        $"Of {plan.Pending} requests of one tenant, which {Approvers} people are asked for in-app and nobody answers, all wait: growth of the managed heap after full collections, before the first and after the last. The last {plan.Due} of them are to be reminded of {RemindAfter.TotalMinutes} minutes after they were asked for, when they are not in memory any more: from the watchdog's round until each reminder is journaled and handed to its queue.");

    public async Task<WaitingResult> RunAsync(CancellationToken cancellationToken)
    {
        await office.PublishRulesAsync(Tenant, Rules());
        await SubmitAsync("warm", 500, "later", cancellationToken);
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, cancellationToken);
        var (before, begun) = (Heap(), Stopwatch.GetTimestamp());
        await SubmitAsync("idle", plan.Pending - plan.Due, "later", cancellationToken);
        await SubmitAsync("due", plan.Due, "soon", cancellationToken);
        var (asked, took) = (TimeProvider.System.GetUtcNow(), Stopwatch.GetElapsedTime(begun));
        Console.Error.WriteLine($"{plan.Pending} requests in {took.TotalSeconds:0} s");
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, cancellationToken);
        var bytes = (Heap() - before) / (double)plan.Pending;
        await Task.Delay(asked + RemindAfter + TimeSpan.FromSeconds(1) - TimeProvider.System.GetUtcNow(), TimeProvider.System, cancellationToken);
        var elapsed = await RemindAsync(cancellationToken);
        return new WaitingResult(plan.Pending, plan.Pending / took.TotalSeconds, bytes, plan.Due, elapsed.TotalSeconds, await CountNotRemindedAsync(cancellationToken));
    }

    /// <summary>Does what the watchdog does each minute.</summary>
    private async Task<TimeSpan> RemindAsync(CancellationToken cancellationToken)
    {
        var (work, started) = (steward.Services.GetRequiredService<OpenWork>(), Stopwatch.GetTimestamp());
        await work.WakeAsync(Tenant, cancellationToken);
        while ((await steward.Journals.ListDueAsync(Tenant + "/", TimeProvider.System.GetUtcNow(), 1, null, cancellationToken)).Count > 0)
        {
            if (Stopwatch.GetElapsedTime(started) > Patience)
            {
                throw new TimeoutException("Reminders still wait.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
        }

        return Stopwatch.GetElapsedTime(started);
    }

    private async Task<int> CountNotRemindedAsync(CancellationToken cancellationToken)
    {
        var (store, missing) = (steward.Services.GetRequiredService<INotificationStore>(), 0);
        for (var number = 0; number < plan.Due; number++)
        {
            missing += (await store.ListBySubjectAsync(Tenant, $"a-due-{number}", 100, cancellationToken)).Count(row => row.Kind == "approval.reminder") == 1 ? 0 : 1;
        }

        return missing;
    }

    private Task SubmitAsync(string name, int count, string type, CancellationToken cancellationToken) => Parallel.ForAsync(
        0, count, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = cancellationToken },
        async (number, _) => await office.SubmitAsync(Tenant, $"a-{name}-{number}", 0, [], string.Create(CultureInfo.InvariantCulture, $"{type}-{number % Approvers}")));

    private string Rules() => "version: 1\nrules:\n" + string.Concat(new[] { ("soon", RemindAfter), ("later", TimeSpan.FromHours(24)) }.SelectMany(kind => Enumerable.Range(1, Approvers).Select(person =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"  - name: {kind.Item1} {person}\n    when: request_type = '{kind.Item1}-{person - 1}'\n    then:\n      levels:\n        - name: Manager\n          approvers: ['email:{office.People[person].Email}']\n          sla: {{ remindAfter: [{kind.Item2.TotalMinutes}m] }}\n"))));

    private static long Heap()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true);
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
