using FsCheck;
using FsCheck.Fluent;

namespace Steward.Storage.Tests.Approvals;

/// <summary>A list in memory that is too simple to be wrong, and random operations that the store must answer alike.</summary>
internal static class ApprovalModel
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly string[] Ids = ["a-1", "a-2", "a-3", "A-1", "a-\uFF5E", "a-\U0001F9EA"];
    private static readonly string[] People = ["email:ada@acme.example", "role:approver", "group:Größe 9", "user:u-1"];
    private static readonly string[] Users = ["u-1", "u-2"];
    private static readonly string[] Statuses = ["submitted", "pending", "escalated", "approved", "rejected"];
    private static readonly string[] Types = ["db_access", "okta"];

    public abstract record Operation
    {
        public sealed record Put(int Id, int Version, int Status, int Requested, int Due, int Changed, int[] Waits, int[] Votes, int Type, bool HasRun) : Operation;

        public sealed record List(int[]? Waits, int Voter, int Requester, int[]? Statuses, int Type, bool Run, int From, int ChangedFrom, int ChangedUntil, int Order, int Limit) : Operation;

        public sealed record Remove(int Before, int Limit) : Operation;
    }

    public static async Task CheckAsync(IApprovalStore store)
    {
        var property = Prop.ForAll(Arb.From(Operations(), Shrink), operations => AgreeAsync(store, operations));
        // Not on the test runner's own threads, which the property would block.
        await Task.Run(() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(80).WithEndSize(50), property));
    }

    private static IEnumerable<Operation[]> Shrink(Operation[] operations) =>
        Enumerable.Range(0, operations.Length).Select(skipped => operations.Where((_, i) => i != skipped).ToArray());

    private static Gen<Operation[]> Operations()
    {
        static Gen<int> Maybe(int count) => Gen.Frequency((3, Gen.Constant(-1)), (1, Gen.Choose(0, count - 1)));
        static Gen<int[]> Some(int count) => Gen.ArrayOf(Gen.Choose(0, count - 1)).Select(chosen => chosen.Take(4).ToArray());
        var minute = Gen.Choose(0, 5);
        var put =
            from id in Gen.Choose(0, Ids.Length - 1)
            from version in Gen.Choose(0, 8)
            from status in Gen.Choose(0, Statuses.Length - 1)
            from requested in minute
            from due in Gen.Choose(-1, 4)
            from changed in minute
            from waits in Some(People.Length)
            from votes in Some(Users.Length)
            from type in Gen.Choose(0, 1)
            from hasRun in Gen.Elements(true, false)
            select (Operation)new Operation.Put(id, version, status, requested, due, changed, waits, votes, type, hasRun);
        var list =
            from waits in Gen.Frequency((1, Gen.Constant<int[]?>(null)), (1, Some(People.Length).Select(chosen => (int[]?)chosen)))
            from voter in Maybe(Users.Length)
            from requester in Maybe(Users.Length)
            from statuses in Gen.Frequency((1, Gen.Constant<int[]?>(null)), (1, Gen.Elements<int[]?>([0, 1, 2], [3, 4], [1], [])), (1, Some(Statuses.Length).Select(chosen => (int[]?)chosen)))
            from type in Maybe(2)
            from run in Gen.Frequency((4, Gen.Constant(false)), (1, Gen.Constant(true)))
            from @from in Maybe(5)
            from changedFrom in Maybe(5)
            from changedUntil in Maybe(5)
            from order in Gen.Choose(0, 2)
            from limit in Gen.Choose(1, 4)
            select (Operation)new Operation.List(waits, voter, requester, statuses, type, run, @from, changedFrom, changedUntil, order, limit);
        var remove = from before in minute from limit in Gen.Choose(1, 3) select (Operation)new Operation.Remove(before, limit);
        return Gen.ArrayOf(Gen.Frequency((6, put), (6, list), (1, remove)));
    }

    private static async Task<bool> AgreeAsync(IApprovalStore store, Operation[] operations)
    {
        var tenant = $"t-{Guid.NewGuid():n}";
        Dictionary<string, ApprovalRow> model = new(StringComparer.Ordinal);
        foreach (var operation in operations)
        {
            switch (operation)
            {
                case Operation.Put put:
                    var row = Row(tenant, put);
                    await store.PutAsync(row);
                    if (!model.TryGetValue(row.ApprovalId, out var old) || old.Version < row.Version)
                    {
                        model[row.ApprovalId] = row;
                    }

                    Same(operation, [model[row.ApprovalId]], await store.FindAsync(tenant, row.ApprovalId) is { } found ? [found] : []);
                    break;
                case Operation.List list:
                    await PagesAsync(store, Query(tenant, list), model.Values, operation);
                    break;
                case Operation.Remove remove:
                    var before = Start.AddMinutes(remove.Before);
                    var removed = await store.RemoveEndedAsync(tenant, before, remove.Limit);
                    var gone = model.Values.Where(row => row.EndedAt < before).OrderBy(row => row.EndedAt).ToList();
                    if (removed != Math.Min(gone.Count, remove.Limit))
                    {
                        throw new InvalidOperationException($"{operation}: removed {removed} of {gone.Count}");
                    }

                    foreach (var candidate in gone)
                    {
                        // Which of those that ended at the same instant go first is the store's affair.
                        if (await store.FindAsync(tenant, candidate.ApprovalId) is null)
                        {
                            model.Remove(candidate.ApprovalId);
                        }
                    }

                    break;
            }
        }

        return true;
    }

    /// <summary>Reads all pages and compares them with what the model says at once.</summary>
    private static async Task PagesAsync(IApprovalStore store, ApprovalQuery query, IEnumerable<ApprovalRow> model, Operation operation)
    {
        var expected = Expected(query, model);
        List<ApprovalRow> actual = [];
        while (true)
        {
            var page = await store.ListAsync(query);
            actual.AddRange(page);
            if (page.Count > query.Limit || actual.Count > expected.Count)
            {
                throw new InvalidOperationException($"{operation}: {page.Count} rows in a page, {actual.Count} of {expected.Count} altogether");
            }

            if (page.Count < query.Limit)
            {
                break;
            }

            query = query with { After = page[^1] };
        }

        Same(operation, expected, actual);
    }

    private static List<ApprovalRow> Expected(ApprovalQuery query, IEnumerable<ApprovalRow> model)
    {
        var found = model.Where(row =>
            (query.WaitsFor is null || query.WaitsFor.Any(whom => row.WaitsFor.Contains(whom, StringComparer.Ordinal)))
            && (query.DecidedBy is null || row.DecidedBy.Contains(query.DecidedBy, StringComparer.Ordinal))
            && (query.Requester is null || row.Requester == query.Requester)
            && (query.Statuses is null || query.Statuses.Contains(row.Status, StringComparer.Ordinal))
            && (query.Type is null || row.Type == query.Type)
            && (query.RunId is null || row.RunId == query.RunId)
            && (query.RequestedFrom is null || row.RequestedAt >= query.RequestedFrom)
            && (query.ChangedFrom is null || row.ChangedAt >= query.ChangedFrom)
            && (query.ChangedUntil is null || row.ChangedAt < query.ChangedUntil));
        var ids = Comparer<string>.Create(Storage.Journals.KeyRange.CompareCodePoints);
        return query.Order switch
        {
            ApprovalOrder.Newest => [.. found.OrderByDescending(row => row.RequestedAt).ThenByDescending(row => row.ApprovalId, ids)],
            ApprovalOrder.DueFirst => [.. found.OrderBy(row => row.DueAt ?? DateTimeOffset.MaxValue).ThenBy(row => row.ApprovalId, ids)],
            _ => [.. found.OrderBy(row => row.ChangedAt).ThenBy(row => row.ApprovalId, ids)],
        };
    }

    private static ApprovalQuery Query(string tenant, Operation.List list) => new()
    {
        TenantId = tenant,
        WaitsFor = list.Waits?.Select(i => People[i]).ToArray(),
        DecidedBy = list.Voter < 0 ? null : Users[list.Voter],
        Requester = list.Requester < 0 ? null : Users[list.Requester],
        Statuses = list.Statuses?.Select(i => Statuses[i]).ToArray(),
        Type = list.Type < 0 ? null : Types[list.Type],
        RunId = list.Run ? "r-1" : null,
        RequestedFrom = list.From < 0 ? null : Start.AddMinutes(list.From),
        ChangedFrom = list.ChangedFrom < 0 ? null : Start.AddMinutes(list.ChangedFrom),
        ChangedUntil = list.ChangedUntil < 0 ? null : Start.AddMinutes(list.ChangedUntil),
        Order = (ApprovalOrder)list.Order,
        Limit = list.Limit,
    };

    private static ApprovalRow Row(string tenant, Operation.Put put)
    {
        var isOver = put.Status >= 3;
        return new ApprovalRow
        {
            TenantId = tenant,
            ApprovalId = Ids[put.Id],
            Version = put.Version,
            Status = Statuses[put.Status],
            IsOver = isOver,
            Type = Types[put.Type],
            Action = Types[put.Type] + ".grant",
            Requester = Users[put.Id % 2],
            RunId = put.HasRun ? "r-1" : null,
            RequestedAt = Start.AddMinutes(put.Requested),
            DueAt = isOver || put.Due < 0 ? null : Start.AddMinutes(put.Due),
            EndedAt = isOver ? Start.AddMinutes(put.Changed) : null,
            ChangedAt = Start.AddMinutes(put.Changed),
            WaitsFor = isOver ? [] : put.Waits.Select(i => People[i]).ToArray(),
            DecidedBy = put.Votes.Select(i => Users[i]).ToArray(),
            Document = $$"""{"v":{{put.Version}}}""",
        };
    }

    private static void Same(Operation operation, IEnumerable<ApprovalRow> expected, IEnumerable<ApprovalRow> actual)
    {
        var (left, right) = (Show(expected), Show(actual));
        if (left != right)
        {
            throw new InvalidOperationException($"{operation}: expected {left}, got {right}");
        }
    }

    private static string Show(IEnumerable<ApprovalRow> rows) => string.Join(" | ", rows.Select(row =>
        $"{row with { WaitsFor = [], DecidedBy = [] }} [{string.Join(' ', row.WaitsFor)}] [{string.Join(' ', row.DecidedBy)}]"));
}
