package pe
import ("testing";"os";"bufio";"fmt";"time";"clew/internal/artifact/view")
func TestZZ(t *testing.T){ f,_:=os.Open("/work/tmp/files/list"); o,_:=os.Create("/work/tmp/files/our.out"); so,_:=os.Create("/work/tmp/files/sig.out"); s:=bufio.NewScanner(f); n:=time.Now()
for s.Scan(){ fp,err:=os.Open(func()string{ if s.Text()[0]=='/' {return s.Text()}; return "/work/tmp/files/"+s.Text()}()); if err!=nil {t.Fatal(err)}; st,_:=fp.Stat(); i,err:=Read(view.New(fp,st.Size()),time.Now()); fp.Close()
 if err!=nil {fmt.Fprintf(o,"%s\tERR\n",s.Text());continue}
 fmt.Fprintf(o,"%s\t%s %s\n",s.Text(),i.Imphash,i.RichHash)
 if len(i.Problems)>0 {fmt.Fprintln(so,"PROBLEM",s.Text(),i.Problems)}
 for _,g:=range i.Signatures { nm:="-"; if g.Signer!=nil {nm=g.Signer.Name}; fmt.Fprintln(so,s.Text(),nm,g.Digest,"auth",g.Authentic,"match",g.Matches,"valid",g.Valid,g.Nested,g.Time,g.TimeFrom,g.TimeBy,g.Complete,g.Problems,g.Program,g.URL) } }
 fmt.Println(time.Since(n)) }
