using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;

namespace Steward.Storage.Tests.Vectors;

/// <summary>Whatever was written, removed and erased: a search finds all that its reader may see of its own tenant, collection and model, and nothing else.</summary>
[Collection(PgvectorGroup.Name)]
public sealed class VectorModelTests(PgvectorFixture fixture)
{
    private static readonly string[] Owners = ["u-1", "u-2", "u-3", VectorRow.Everyone, VectorRow.Nobody];
    private static readonly string[] Kinds = ["a", "b", "c"];
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private IVectorStore Store => fixture.Services.GetRequiredService<IVectorStore>();

    [PgvectorFact]
    public async Task Search_AfterAnyChanges_FindsAllOfItsReadersAndNothingOfOthers()
    {
        var property = Prop.ForAll(Arb.From(Changes()), changes => AgreeAsync(changes).GetAwaiter().GetResult());

        await Task.Run(() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(25).WithEndSize(25), property));
    }

    private static Gen<Change[]> Changes()
    {
        var space = Gen.Choose(0, 3);
        var write = from at in space
                    from id in Gen.Choose(0, 9)
                    from owner in Gen.Elements(Owners)
                    from kind in Gen.Elements(Kinds)
                    from angle in Gen.Choose(0, 359)
                    select new Change(at, id, owner, kind, angle);
        var remove = from at in space from id in Gen.Choose(0, 9) select new Change(at, id, null, null, 0);
        var erase = from at in space from owner in Gen.Elements("u-1", "u-2") select new Change(at, -1, owner, null, 0);
        return Gen.ArrayOf(Gen.Frequency((8, write), (2, remove), (1, erase)));
    }

    private async Task<bool> AgreeAsync(Change[] changes)
    {
        var tenant = $"t-{Guid.NewGuid():n}";
        VectorSpace[] spaces = [new(tenant, "tickets", "m@1"), new(tenant, "articles", "m@1"), new(tenant + "x", "tickets", "m@1"), new(tenant, "tickets", "m@2")];
        var model = spaces.Select(_ => new Dictionary<string, (string Owner, string Kind)>()).ToArray();
        var erased = new HashSet<(string Tenant, string Owner)>();
        for (var i = 0; i < spaces.Length; i++)
        {
            await Store.WriteAsync(new VectorWrite { Space = spaces[i], Rows = [Row("first", VectorRow.Everyone, "a", 0)] });
            model[i]["first"] = (VectorRow.Everyone, "a");
            Assert.True(await Store.IndexAsync(spaces[i]));
        }

        foreach (var change in changes)
        {
            var (space, rows) = (spaces[change.Space], model[change.Space]);
            if (change.Id < 0)
            {
                while ((await Store.EraseOwnerAsync(space.TenantId, change.Owner!, "e-1", Noon, 1)).HasMore)
                {
                }

                erased.Add((space.TenantId, change.Owner!));
                for (var i = 0; i < spaces.Length; i++)
                {
                    foreach (var id in model[i].Where(row => spaces[i].TenantId == space.TenantId && row.Value.Owner == change.Owner).Select(row => row.Key).ToList())
                    {
                        model[i].Remove(id);
                    }
                }
            }
            else if (change.Owner is null)
            {
                await Store.WriteAsync(new VectorWrite { Space = space, Removed = [$"r{change.Id}"] });
                rows.Remove($"r{change.Id}");
            }
            else
            {
                await Store.WriteAsync(new VectorWrite { Space = space, Rows = [Row($"r{change.Id}", change.Owner, change.Kind!, change.Angle)] });
                if (!erased.Contains((space.TenantId, change.Owner)))
                {
                    rows[$"r{change.Id}"] = (change.Owner, change.Kind!);
                }
            }
        }

        for (var i = 0; i < spaces.Length; i++)
        {
            foreach (var (reader, kinds) in new (VectorReader, string[]?)[] { (VectorReader.Everything, null), (VectorReader.Person("u-1"), null), (VectorReader.Person("u-2"), ["a", "c"]), (VectorReader.Everything, ["b"]) })
            {
                var hits = await Store.SearchAsync(new VectorSearch { Space = spaces[i], Reader = reader, Kinds = kinds, Vector = new float[] { 1, 0 }, Top = 100 });
                var expected = model[i].Where(row => (reader.Owners is null || reader.Owners.Contains(row.Value.Owner)) && (kinds is null || kinds.Contains(row.Value.Kind))).Select(row => (row.Key, row.Value.Owner, row.Value.Kind));

                Assert.Equal(expected.Order(), hits.Select(hit => (hit.Id, hit.Owner, hit.Kind)).Order());
            }

            Assert.Equal(model[i].Count, (await Store.ListAsync(spaces[i].TenantId, spaces[i].Collection)).Single(state => state.Space == spaces[i]).Rows);
            await Store.DropAsync(spaces[i]);
        }

        return true;
    }

    private static VectorRow Row(string id, string owner, string kind, int angle) =>
        new() { Id = id, Owner = owner, Kind = kind, At = Noon, Vector = new[] { (float)Math.Cos(angle * Math.PI / 180), (float)Math.Sin(angle * Math.PI / 180) } };

    private sealed record Change(int Space, int Id, string? Owner, string? Kind, int Angle);
}

