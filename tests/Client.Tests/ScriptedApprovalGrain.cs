using Orleans;
using Orleans.Runtime;
using Steward.Approvals;
using Steward.Engines.Security;
using Steward.Identity;

namespace Steward.Client.Tests;

/// <summary>Notes who asks for what, and does as the script says.</summary>
internal sealed class ScriptedApprovalGrain(GrainScript script, IdentityEnvelopeSigner signer) : Grain, IApprovalGrain
{
    private string Key => this.GetPrimaryKeyString();

    public Task<ApprovalView> Submit(SubmitApproval command, CancellationToken cancellationToken = default)
    {
        // Done before the failure, as when only the answer is lost.
        script.Approvals[Key] = (Caller(), command);
        script.Called(Key, nameof(Submit));
        return Task.FromResult(View());
    }

    public Task<ApprovalView?> Get(CancellationToken cancellationToken = default) => Task.FromResult(script.Approvals.ContainsKey(Key) ? View() : null);

    public Task<ApprovalView> Decide(DecideApproval command, CancellationToken cancellationToken = default)
    {
        script.Called(Key, nameof(Decide));
        return Task.FromResult(View() with { Status = command.Decision, EndReason = Caller() });
    }

    public Task<ApprovalView> Delegate(DelegateApproval command, CancellationToken cancellationToken = default) => Task.FromResult(View());

    public Task<ApprovalView> Comment(CommentApproval command, CancellationToken cancellationToken = default)
    {
        script.Called(Key, command.OperationId!);
        script.Called(Key, nameof(Comment));
        return Task.FromResult(View());
    }

    public Task<ApprovalView?> Cancel(CancelApproval command, CancellationToken cancellationToken = default) => Get(cancellationToken);

    public Task<bool> Consume(ConsumeApproval command, CancellationToken cancellationToken = default) => Task.FromResult(command.OperationId == "first");

    public Task LookAtMirror(string instance, CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task Resume(CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task<bool> Retire(DateTimeOffset endedBefore, CancellationToken cancellationToken = default) => Task.FromResult(false);

    public Task<IReadOnlyList<ApprovalHistoryEntry>> GetHistory(CancellationToken cancellationToken = default) => Task.FromResult<IReadOnlyList<ApprovalHistoryEntry>>([]);

    private string Caller() => signer.TryVerify(RequestContext.Get(IdentityContext.Key) as string, out var identity, out _) ? $"{identity.UserId} {string.Join(',', identity.Roles)}" : "nobody";

    private ApprovalView View() => new() { ApprovalId = GrainKeys.LastPart(Key), Status = "pending", Request = script.Approvals[Key].Command, SubjectHash = "h" };
}
