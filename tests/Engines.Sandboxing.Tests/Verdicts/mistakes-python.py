### 1 import | open() takes their name
import os
print(os.listdir("."))
### 2 import | there is no network; steward.connector() calls a system
import json
import requests
### 1 import | no program can be started
import subprocess
### 1 import | print() writes output
import sys
sys.exit(1)
### 1 import | open() takes their name
from pathlib import Path
### 1 import | matplotlib draws
import seaborn as sns
### 1 import | numpy.polyfit() fits a line
from sklearn.linear_model import LinearRegression
### 1 import | steward.sql() runs a query
import sqlite3
### 1 import | csv and json keep data
import pickle
### 1 import | zoneinfo has time zones
from dateutil.relativedelta import relativedelta
### 1 import | of matplotlib there are
import matplotlib.animation
### 1 import | what computes in the standard library can be imported
import company_tools
### 1 import | display() is there without an import
from IPython.display import display
### 1 import | one processor
import asyncio
### 2 path | here "tickets.csv"
import pandas as pd
df = pd.read_csv("/mnt/data/tickets.csv")
### 1 path | open() takes their name
text = open('/etc/passwd').read()
### 2 path | a file is given together with the code
import pandas as pd
df = pd.read_csv("https://example.com/tickets.csv")
### 1 name | nobody answers while it runs
team = input("Which team? ")
### 3 attribute | steward.sql(query) runs a query and gives a data frame
import pandas as pd
connection = None
df = pd.read_sql("SELECT * FROM tickets", connection)
### 2 attribute | steward.sql() only reads
def keep(df, connection):
    df.to_sql("tickets", connection)
### 2 attribute | csv and json keep data
import pandas as pd
df = pd.read_pickle("tickets.pkl")
### 2 attribute | df["code"]
import pandas as pd
print(pd.DataFrame({"code": [1]}).code)
### 1 name | write the attribute out
print(getattr(str, "upper"))
### 1 name | json.loads() reads data
print(eval("[1, 2]"))
### 3 query | df.query("a > @most")
import pandas as pd
year = 2026
print(pd.DataFrame({"year": [2026]}).query(f"year == {year}"))
### 2 setting | the backend is Agg
import matplotlib
matplotlib.use("TkAgg")
### 2 syntax | for team in ["a", "b"]
x = 1
for team in ["a", "b"]
    print(team)
### 1 syntax | leave the lines with ``` out
```python
print(1)
```
### 1 syntax | this is no notebook
%matplotlib inline
### 1 dunder | type(x) says what x is
print((1).__class__)
### 2 async | one processor
x = 1
async def fetch(): pass
